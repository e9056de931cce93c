import { answerChecker } from '@sightline/testkit/answer-checker.ts';
import { describeApi } from '../../src/openapi/describe.ts';

/** Checks an answer against the OpenAPI document of this checkout. */
export const checkAnswer = answerChecker(await describeApi());
