/** A storage that speaks as S3 does, for tests: moto's. */
import { join } from 'node:path';
import { pythonEnvironment } from './python-environment.ts';

/** @throws NotPossible without python3, or without PyPI when it has to be fetched */
export const moto = (): Promise<string> =>
  pythonEnvironment(join(import.meta.dirname, 'moto/requirements.txt'));
