/**
 * Rules that the platform's programs are let in, and find what they are to find: by what platform.yaml knows
 * of it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type KubernetesObject, type Labels, nameOf, ofKind, selects, workloads } from '../objects.ts';
import type { Rule } from './rule.ts';

/** The content of platform.yaml. */
interface Platform {
  readonly prometheus_operator: { readonly label: string; readonly kinds: readonly string[] };
  readonly cert_manager: {
    readonly solver: Labels;
    readonly port: number;
    readonly issuer_annotation: string;
  };
  readonly dns: { readonly addresses: Readonly<Record<string, string>> };
}

export const platform = parse(
  readFileSync(join(import.meta.dirname, '../platform.yaml'), 'utf8'),
) as Platform;

const { prometheus_operator: operator, cert_manager: certManager, dns } = platform;

/** Namespaces that policies let in to pods with these labels at a port. */
const letIn = (objects: readonly KubernetesObject[], labels: Labels, port: string | number) =>
  ofKind(objects, 'NetworkPolicy')
    .filter(({ spec }) => Object.keys(spec.podSelector).length > 0 && selects(spec.podSelector, labels))
    .flatMap(({ spec }) => spec.ingress ?? [])
    .filter(({ ports = [] }) => ports.some((each) => each.port === port))
    .flatMap(({ from = [] }) => from.flatMap(({ namespaceSelector }) => namespaceSelector ?? []))
    .map((selector) => JSON.stringify(selector));

export const platformRules: readonly Rule[] = [
  {
    name: 'what is for the Prometheus Operator has the label that a stock kube-prometheus-stack looks for, the same on all',
    check: (objects) => {
      const all = objects.filter(({ kind }) => operator.kinds.includes(kind));
      const [first] = all.map(({ metadata }) => metadata.labels?.[operator.label]);
      return all
        .filter(({ metadata }) => !first || metadata.labels?.[operator.label] !== first)
        .map((object) => `${nameOf(object)} lacks the label ${operator.label} of the others`);
    },
    bad: operator.kinds.map((kind) => ({
      of: 'production' as const,
      kind,
      name: '',
      says: `a ${kind} that nobody selects`,
      path: `/metadata/labels/${operator.label}`,
    })) as unknown as Rule['bad'],
  },
  {
    name: 'where cert-manager makes the certificate of a way in, that way in reaches the pods of its challenge',
    check: (objects) => {
      const certified = [...ofKind(objects, 'Gateway'), ...ofKind(objects, 'Ingress')].filter(
        ({ metadata }) => metadata.annotations?.[certManager.issuer_annotation] !== undefined,
      );
      const api = { 'app.kubernetes.io/name': 'todo-api', 'app.kubernetes.io/component': 'api' };
      const challenged = letIn(objects, certManager.solver, certManager.port);
      // What monitors may reach the service as well; what is let in to the solver has to be one of them.
      const isLetIn =
        challenged.length > 0 && challenged.every((from) => letIn(objects, api, 'http').includes(from));
      return certified
        .filter(() => !isLetIn)
        .map((way) => `${nameOf(way)} does not reach cert-manager's solver at ${certManager.port}`);
    },
    bad: [
      {
        of: 'production',
        kind: 'NetworkPolicy',
        name: 'acme-solver-from-gateway',
        says: 'a challenge behind a wall',
        path: '',
      },
      {
        of: 'ingress',
        kind: 'NetworkPolicy',
        name: 'acme-solver-from-ingress',
        says: 'a challenge at another port',
        path: '/spec/ingress/0/ports/0/port',
        value: 80,
      },
    ],
  },
  {
    name: 'every pod may ask for names where a node answers instead of pods',
    check: (objects) => {
      const namespaces = new Set(workloads(objects).map(({ metadata }) => metadata.namespace));
      return [...namespaces].flatMap((namespace) => {
        const asked = ofKind(objects, 'NetworkPolicy')
          .filter(
            ({ metadata, spec }) =>
              metadata.namespace === namespace && Object.keys(spec.podSelector).length === 0,
          )
          .flatMap(({ spec }) => spec.egress ?? [])
          .filter(({ ports = [] }) => ports.filter(({ port }) => port === 53).length === 2)
          .flatMap(({ to = [] }) => to.flatMap(({ ipBlock }) => ipBlock?.cidr ?? []));
        return Object.entries(dns.addresses)
          .filter(([, address]) => !asked.includes(address))
          .map(([where, address]) => `${namespace} has no names with ${where} (${address})`);
      });
    },
    bad: [
      {
        of: 'production',
        kind: 'NetworkPolicy',
        name: 'all-to-dns',
        says: 'no names with NodeLocal DNSCache',
        path: '/spec/egress/0/to/1',
      },
    ],
  },
];
