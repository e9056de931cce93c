/** The module `@jest/globals` of a test file that Node loads. */
import type * as Jest from '@jest/globals';

/** The functions that jest-circus makes for a test file. */
export type Globals = Pick<
  typeof Jest,
  'afterAll' | 'afterEach' | 'beforeAll' | 'beforeEach' | 'describe' | 'expect' | 'test'
>;

/** This module is loaded anew for each test file: what is set before has to be outside of it. */
const key = Symbol.for('sightline.jest.globals');

export function setGlobals(globals: Globals): void {
  Object.assign(globalThis, { [key]: globals });
}

const none = {} as Globals;
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } =
  (globalThis as { [key]?: Globals })[key] ?? none;
