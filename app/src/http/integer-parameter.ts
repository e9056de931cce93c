import type { z } from 'zod';

/**
 * Documents a parameter that is parsed from text as the integer that clients send. For `override` in its
 * schema's meta.
 */
export function integerParameter(limits: { minimum: number; maximum: number; default?: number }) {
  return ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    delete jsonSchema.pattern;
    Object.assign(jsonSchema, { type: 'integer', ...limits });
  };
}
