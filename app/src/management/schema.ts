import { z } from 'zod';
import { logLevels } from '../telemetry/log-level.ts';

const level = z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` });
const duration = 'must be an integer from 1 to 3600';

/** The body of a request to change the log level. */
export const logLevelChange = z.strictObject({
  level,
  seconds: z
    .int({ error: duration })
    .min(1, { error: duration })
    .max(3600, { error: duration })
    .exactOptional(),
});

/** The log level, as an answer has it. */
export const logLevelState = z.object({
  level,
  returns_at: z.iso.datetime().nullable(),
  returns_to: level.nullable(),
});
export const logLevelChanged = logLevelState.extend({ previous: level });

/** The longest CPU profile. */
export const longestProfileSeconds = 60;
const profileDuration = `must be an integer from 1 to ${longestProfileSeconds}`;

export const profileQuery = z.strictObject({
  seconds: z
    .string({ error: profileDuration })
    .regex(/^\d{1,2}$/, { error: profileDuration, abort: true })
    .transform(Number)
    .pipe(
      z.number().min(1, { error: profileDuration }).max(longestProfileSeconds, { error: profileDuration }),
    )
    .default(10),
});
