import { describeApi } from '../../src/openapi/describe.ts';
import { answerChecker } from './answer-checker.ts';

/** Checks an answer against the OpenAPI document of this checkout. */
export const checkAnswer = answerChecker(await describeApi());
