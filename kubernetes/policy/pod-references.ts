/** Rules for the references of pods: ConfigMaps, Secrets, and files of theirs. */
import {
  type Container,
  containersOf,
  type KubernetesObject,
  podOf,
  type Volume,
  type Workload,
} from '../objects.ts';
import { type OutsideObject, outsideConfigMaps, secrets } from '../secrets.ts';

type Kind = 'Secret' | 'ConfigMap';

/** Something that a pod refers to: an object, and keys of it that have to be there. */
export interface Reference {
  readonly kind: Kind;
  readonly name: string;
  readonly keys: readonly string[];
}

export const outside: Readonly<Record<Kind, Readonly<Record<string, OutsideObject>>>> = {
  Secret: secrets,
  ConfigMap: outsideConfigMaps,
};

/** The keys of an object that is rendered or declared; undefined when it is neither. */
export function keysOf(
  objects: readonly KubernetesObject[],
  namespace: string,
  { kind, name }: Reference,
): readonly string[] | undefined {
  const rendered = objects.find(
    (object) =>
      object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
  );
  if (rendered !== undefined) return Object.keys(rendered.data ?? {});
  const declared = outside[kind][name];
  return declared?.namespace === namespace ? Object.keys(declared.keys) : undefined;
}

function ofVolume({ configMap, secret, projected }: Volume): readonly Reference[] {
  const keys = (items: readonly { key: string }[] = []) => items.map(({ key }) => key);
  return [
    ...(configMap ? [{ kind: 'ConfigMap' as const, name: configMap.name, keys: keys(configMap.items) }] : []),
    ...(secret ? [{ kind: 'Secret' as const, name: secret.secretName, keys: keys(secret.items) }] : []),
    ...(projected?.sources.flatMap((source) => [
      ...(source.configMap ? [{ kind: 'ConfigMap' as const, name: source.configMap.name, keys: [] }] : []),
      ...(source.secret ? [{ kind: 'Secret' as const, name: source.secret.name, keys: [] }] : []),
    ]) ?? []),
  ];
}

function ofContainer({ env = [], envFrom = [] }: Container): readonly Reference[] {
  return [
    ...env.flatMap(({ valueFrom: { secretKeyRef, configMapKeyRef } = {} }) => [
      ...(secretKeyRef
        ? [{ kind: 'Secret' as const, name: secretKeyRef.name, keys: [secretKeyRef.key] }]
        : []),
      ...(configMapKeyRef
        ? [{ kind: 'ConfigMap' as const, name: configMapKeyRef.name, keys: [configMapKeyRef.key] }]
        : []),
    ]),
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...(configMapRef ? [{ kind: 'ConfigMap' as const, name: configMapRef.name, keys: [] }] : []),
      ...(secretRef ? [{ kind: 'Secret' as const, name: secretRef.name, keys: [] }] : []),
    ]),
  ];
}

/** The references of a workload's pods. */
export function referencesOf(workload: Workload): readonly Reference[] {
  return [
    ...(podOf(workload).spec.volumes ?? []).flatMap(ofVolume),
    ...containersOf(workload).flatMap(ofContainer),
  ];
}

/** The path in the volume of a file that a container sees; undefined when no volume is mounted there. */
function fileInVolume(
  { volumeMounts = [] }: Container,
  path: string,
): { volume: string; file: string } | undefined {
  const mount = volumeMounts
    .filter(({ mountPath, subPath }) =>
      subPath === undefined ? path.startsWith(`${mountPath}/`) : path === mountPath,
    )
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  if (mount === undefined) return undefined;
  return { volume: mount.name, file: mount.subPath ?? path.slice(mount.mountPath.length + 1) };
}

/** Whether a file that a variable names is in a Secret or ConfigMap that is mounted there. */
export function isMounted(
  objects: readonly KubernetesObject[],
  workload: Workload,
  container: Container,
  path: string,
): boolean {
  const place = fileInVolume(container, path);
  const volume = podOf(workload).spec.volumes?.find(({ name }) => name === place?.volume);
  if (place === undefined || volume === undefined) return false;
  const items = volume.secret?.items ?? volume.configMap?.items;
  if (items !== undefined) return items.some((item) => item.path === place.file);
  const [reference] = ofVolume(volume);
  if (reference === undefined) return volume.emptyDir !== undefined;
  return keysOf(objects, workload.metadata.namespace ?? '', reference)?.includes(place.file) === true;
}
