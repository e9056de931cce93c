/** Patterns that several drills name. */
import type { AlertPattern } from '../drill.ts';

/** The longest that a fault of the API lasts if nobody ends it: longer than any drill waits for its alert. */
export const harmSeconds = 3600;

/** Requests that fail or are slow: whatever of the service is broken, its users notice. */
export const anySloBurn: readonly AlertPattern[] = [{ alert: 'SLOErrorBudgetBurn' }];
