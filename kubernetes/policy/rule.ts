import type * as kit from '@sightline/testkit/rule.ts';
import type { KubernetesObject } from '../objects.ts';
import type { Rendering } from '../render.ts';

/** A change to a rendered object that makes it wrong. */
export interface Patch extends kit.Mistake {
  readonly of: Rendering;
  readonly kind: string;
  readonly name: string;
  /** Path in the object, as a JSON pointer in which a list's elements go by their names; empty: the object itself. */
  readonly path: string;
  /** The value that is put there; undefined removes it. */
  readonly value?: unknown;
}

/** A rule that has to hold for all objects of an overlay. */
export type Rule = kit.Rule<readonly KubernetesObject[], Patch>;

/** The key of a part of a path: in a list also the name of one of its elements. */
function keyIn(place: object, part: string): string | number {
  if (!Array.isArray(place)) return part;
  if (part === '-') return place.length;
  const named = place.findIndex(
    (each: { name?: string; key?: string }) => part === (each?.name ?? each?.key),
  );
  return named < 0 ? Number(part) : named;
}

/** Objects with a patch applied to a copy of them. @throws Error when there is no such object or path */
export function patched(objects: readonly KubernetesObject[], patch: Patch): KubernetesObject[] {
  const index = objects.findIndex(
    ({ kind, metadata }) => kind === patch.kind && metadata.name.startsWith(patch.name),
  );
  const lost = new Error(`${patch.of} has no ${patch.path} of ${patch.kind} ${patch.name} to be broken.`);
  const copy = structuredClone(objects.slice());
  if (index < 0) throw lost;
  const parts = patch.path.split('/').slice(1);
  const last = parts.pop();
  if (last === undefined) {
    copy.splice(index, 1);
    return copy;
  }
  const unescaped = (part: string) => part.replaceAll('~1', '/');
  let place: unknown = copy[index];
  for (const part of parts) {
    if (typeof place !== 'object' || place === null) throw lost;
    place = Reflect.get(place, keyIn(place, unescaped(part)));
  }
  if (typeof place !== 'object' || place === null) throw lost;
  const key = keyIn(place, unescaped(last));
  if (patch.value !== undefined) Reflect.set(place, key, patch.value);
  else if (!Reflect.has(place, key)) throw lost;
  else if (Array.isArray(place)) place.splice(Number(key), 1);
  else Reflect.deleteProperty(place, key);
  return copy;
}
