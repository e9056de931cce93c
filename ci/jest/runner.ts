/**
 * Jest's `testRunner`: jest-circus, with modules that Node itself loads.
 *
 * Jest's own loader makes a realm for each test file, and compiles there again what the file imports, libraries above
 * all. Here a worker loads a library once. The modules of this repository are new for each test file, as are the
 * environment variables and the working directory: no file finds what another left.
 */
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { checkout } from '@sightline/settings/checkout.ts';
import { type Globals, setGlobals } from './globals.ts';
import { mark, markOf, withPaths } from './marks.ts';

/** The part of jest-runtime that jest-circus asks for, without mocks and setup files. */
interface Runtime {
  unstable_shouldLoadAsEsm(path: string): boolean;
  unstable_importModule(path: string): Promise<unknown>;
  requireInternalModule(path: string): unknown;
  requireModule(path: string): unknown;
  setGlobalsForRuntime(globals: Globals): void;
  enterTestCode(): void;
  leaveTestCode(): void;
}

type TestRunner = (
  globalConfig: unknown,
  config: unknown,
  environment: unknown,
  runtime: Runtime,
  testPath: string,
  sendMessageToJest: unknown,
) => Promise<unknown>;

const require = createRequire(import.meta.url);
const { default: circus } = require('jest-circus/runner') as { default: TestRunner };

const ours = pathToFileURL(`${checkout}/`).href;

// What a marked module imports of this repository is marked as it is, and so not the module of another test file.
registerHooks({
  resolve(specifier, context, next) {
    const parentMark = markOf(context.parentURL);
    if (parentMark !== '' && specifier === '@jest/globals')
      return { url: new URL(`globals.ts${parentMark}`, import.meta.url).href, shortCircuit: true };
    const resolved = next(specifier, context);
    const isOurs = resolved.url.startsWith(ours) && !resolved.url.includes('/node_modules/');
    return isOurs ? { ...resolved, url: resolved.url + parentMark } : resolved;
  },
});

/** The key of what jest-circus keeps beside the state of its module. */
const circusHandlers = Symbol.for('EVENT_HANDLERS');
let testFiles = 0;

const run: TestRunner = async (globalConfig, config, environment, _, testPath, sendMessageToJest) => {
  testFiles += 1;
  const variables = { ...process.env };
  const directory = process.cwd();
  const runtime: Runtime = {
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (path) => import(pathToFileURL(path).href + mark(testFiles)),
    requireInternalModule(path) {
      delete require.cache[path];
      Reflect.deleteProperty(globalThis, circusHandlers);
      return require(path);
    },
    requireModule: require,
    setGlobalsForRuntime: setGlobals,
    enterTestCode() {},
    leaveTestCode() {},
  };
  try {
    return await circus(globalConfig, config, environment, runtime, testPath, sendMessageToJest);
  } catch (error) {
    withPaths(error);
    throw error;
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
    Object.assign(process.env, variables);
    process.chdir(directory);
  }
};
export default run;
