/** Patterns that several drills name. */
import type { AlertPattern } from '../drill.ts';

/** Requests that fail or are slow: whatever of the service is broken, its users notice. */
export const anySloBurn: readonly AlertPattern[] = [{ alert: 'SLOErrorBudgetBurn' }];
