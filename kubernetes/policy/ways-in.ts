/** Gateways, routes and Ingresses lead to something that is there. */
import { type KubernetesObject, nameOf, ofKind } from '../objects.ts';
import { outside } from './pod-references.ts';
import type { Rule } from './rule.ts';

/** Whether a Service has this port, by name or number. */
const servicePort = (
  objects: readonly KubernetesObject[],
  namespace: string | undefined,
  name: string,
  port: string | number | undefined,
) =>
  ofKind(objects, 'Service').some(
    ({ metadata, spec }) =>
      metadata.name === name &&
      metadata.namespace === namespace &&
      spec.ports.some((each) => each.name === port || each.port === port),
  );

export const wayInRules: readonly Rule[] = [
  {
    name: 'each way in leads to a Service, with a certificate that somebody makes',
    check: (objects) => {
      const certificates = (names: readonly string[]) =>
        names
          .filter((name) => outside.Secret[name]?.madeBy !== 'cert-manager')
          .map((name) => `the Secret ${name}`);
      const found = [
        ...ofKind(objects, 'Ingress').map((ingress) => ({
          object: ingress,
          missing: [
            ...certificates((ingress.spec.tls ?? []).flatMap(({ secretName }) => secretName ?? [])),
            ...ingress.spec.rules
              .flatMap(({ http }) => http.paths.map(({ backend }) => backend.service))
              .filter(
                ({ name, port }) =>
                  !servicePort(objects, ingress.metadata.namespace, name, port.name ?? port.number),
              )
              .map(({ name }) => `that port of the Service ${name}`),
          ],
        })),
        ...ofKind(objects, 'Gateway').map((gateway) => ({
          object: gateway,
          missing: certificates(
            gateway.spec.listeners.flatMap(({ tls }) => tls?.certificateRefs?.map(({ name }) => name) ?? []),
          ),
        })),
        ...ofKind(objects, 'HTTPRoute').map((route) => ({
          object: route,
          missing: [
            ...route.spec.parentRefs
              .filter(
                ({ name, sectionName }) =>
                  !ofKind(objects, 'Gateway').some(
                    ({ metadata, spec }) =>
                      metadata.name === name &&
                      spec.listeners.some((listener) => listener.name === sectionName),
                  ),
              )
              .map(({ name, sectionName }) => `the listener ${sectionName} of the Gateway ${name}`),
            ...route.spec.rules
              .flatMap(({ backendRefs = [] }) => backendRefs)
              .filter(({ name, port }) => !servicePort(objects, route.metadata.namespace, name, port))
              .map(({ name }) => `that port of the Service ${name}`),
          ],
        })),
      ];
      return found.flatMap(({ object, missing }) =>
        missing.map((what) => `${nameOf(object)} names ${what}, which is not there`),
      );
    },
    bad: [
      {
        of: 'production',
        kind: 'HTTPRoute',
        name: 'todo-api',
        says: 'an unknown listener',
        path: '/spec/parentRefs/0/sectionName',
        value: 'tls',
      },
      {
        of: 'production',
        kind: 'Service',
        name: 'todo-api',
        says: 'an unknown port of a Service',
        path: '/spec/ports/0/port',
        value: 8080,
      },
      {
        of: 'production',
        kind: 'Gateway',
        name: 'todo-api',
        says: 'a certificate of nobody',
        path: '/spec/listeners/1/tls/certificateRefs/0/name',
        value: 'tls',
      },
      {
        of: 'ingress',
        kind: 'Ingress',
        name: 'todo-api',
        says: 'an unknown Service',
        path: '/spec/rules/0/http/paths/0/backend/service/name',
        value: 'api',
      },
      {
        of: 'ingress',
        kind: 'Ingress',
        name: 'todo-api',
        says: 'a certificate of nobody for an Ingress',
        path: '/spec/tls/0/secretName',
        value: 'tls',
      },
    ],
  },
];
