/** The local overlay as it is tested: without what can't be had here, and with shorter times. */
import {
  containersOf,
  type KubernetesObject,
  nameOf,
  type Workload,
  workloads,
} from '@sightline/kubernetes/objects.ts';
import { withoutDigest } from '@sightline/tools/images.ts';

export interface Tested {
  readonly objects: readonly KubernetesObject[];
  /** Images that the objects name, each once. */
  readonly images: readonly string[];
  /** The objects that were left out, and what each lacks. */
  readonly skipped: readonly string[];
}

const imagesOf = (workload: Workload) => [...new Set(containersOf(workload).map(({ image }) => image))];

/** Scrapes and evaluations of Prometheus, in seconds: one can wait for them. */
const prometheusSeconds = 2;

/** A ConfigMap with its Prometheus in a hurry: other times, and the drills' copy of the rules about workloads. */
function hasten(object: KubernetesObject, drillRules: string): KubernetesObject {
  const { data } = object;
  if (object.kind !== 'ConfigMap' || data === undefined) return object;
  const changes: Readonly<Record<string, (text: string) => string>> = {
    'prometheus.yaml': (text) =>
      text.replace(/^( {2}\w+_(?:interval|timeout)): \d+s$/gm, `$1: ${prometheusSeconds}s`),
    'kubernetes.rules.yaml': () => drillRules,
  };
  const changed = Object.entries(data).map(([key, text]) => [key, changes[key]?.(text) ?? text]);
  return { ...object, data: Object.fromEntries(changed) };
}

/**
 * Removes digests from images: those brought to the cluster have a name and a tag, but not the digest of a
 * registry's build.
 */
function withoutDigests(object: KubernetesObject): KubernetesObject {
  const text = JSON.stringify(object, (key, value: unknown) =>
    key === 'image' && typeof value === 'string' ? withoutDigest(value) : value,
  );
  return JSON.parse(text) as KubernetesObject;
}

/** Disks that are mounted later are seen only on a node whose root is a shared mount, which not every one is. */
function withoutPropagation<Kept extends KubernetesObject>(object: Kept): Kept {
  const text = JSON.stringify(object, (key, value: unknown) =>
    key === 'mountPropagation' ? undefined : value,
  );
  return JSON.parse(text) as Kept;
}

/**
 * @param overlay its objects
 * @param canBeHad whether there is an image, by its reference
 * @param drillRules the rules about workloads, with the times of a drill
 */
export function tested(
  overlay: readonly KubernetesObject[],
  canBeHad: (image: string) => boolean,
  drillRules: string,
): Tested {
  const objects = overlay.map(withoutDigests);
  const missing = new Map(
    workloads(objects).map((workload) => [
      nameOf(workload),
      imagesOf(workload).filter((image) => !canBeHad(image)),
    ]),
  );
  const kept = objects.filter((object) => (missing.get(nameOf(object)) ?? []).length === 0);
  return {
    objects: kept.map((object) => withoutPropagation(hasten(object, drillRules))),
    images: [...new Set(workloads(kept).flatMap(imagesOf))],
    skipped: [...missing].flatMap(([name, images]) =>
      images.length === 0 ? [] : [`${name}: no image ${images.join(', ')} can be made here`],
    ),
  };
}
