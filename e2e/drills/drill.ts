/** The types of drills; `drills.ts` is the table of them. */
import type { SystemUnderTest } from './system.ts';

/** An alert by its name, and by labels where the name has several. */
export type AlertPattern = Readonly<Record<string, string>> & { readonly alert: string };

/** Requests a second that are sent from before the fault until the alert has resolved, as a user of the service. */
export interface Traffic {
  /** `GET /v1/todos/:id`, of the class `fast`. */
  readonly reads?: number;
  /** `POST /v1/todos/batch`, of the class `slow`. */
  readonly batches?: number;
}

/** A panel that is about a fault, and has to show data while this one lasts. */
export interface FaultPanel {
  readonly dashboard: string;
  /** Its title. */
  readonly panel: string;
}

export interface Drill {
  readonly alert: string;
  /** Beside the alert's name: what is broken, or which of its rules is met. Together they name the drill. */
  readonly variant?: string;
  /** Labels that it has to bear, beside those of its rule. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The fault as a sentence for people. */
  readonly fault: string;
  /** Seconds from the fault to the firing on a machine that has nothing else to do; three times that is too long. */
  readonly within: number;
  /** Bounds of its value, both included: the number in its description makes sense. */
  readonly value: readonly [min: number, max: number];
  /** Alerts that the same fault raises, and the only ones that may fire beside it. */
  readonly alongside?: readonly AlertPattern[];
  readonly traffic?: Traffic;
  readonly shows?: readonly FaultPanel[];
  /** Components beside those of the groups core, metrics and faults. Where one does not run, it is skipped by name. */
  readonly uses?: readonly string[];
  /** Why this machine can't run it, for another reason. */
  readonly needs?: () => string | undefined;
  /** The fault is that requests are slow: then slow answers explain nothing else. */
  readonly slowsRequests?: true;
  /** It is one of the few that `make test` runs. */
  readonly quick?: true;
  /** Breaks something. What `recovery` is given undoes it, the last first; it runs also when the drill fails. */
  readonly injectFault: (system: SystemUnderTest, recovery: AsyncDisposableStack) => Promise<void>;
}

/** A way of failing that no alert can tell of: the dead man's switch does. */
export interface SilenceDrill {
  readonly name: string;
  readonly fault: string;
  /** Seconds, as for a drill. */
  readonly within: number;
  readonly quick?: true;
  readonly injectFault: Drill['injectFault'];
}

/** An alert that fires and that nobody is told of, since another one says it. */
export interface InhibitionDrill {
  readonly name: string;
  readonly fault: string;
  readonly within: number;
  /** The alert that has to be held back; `by` is the one that holds it back. */
  readonly inhibited: AlertPattern;
  readonly by: AlertPattern;
  readonly alongside?: readonly AlertPattern[];
  readonly traffic?: Traffic;
  readonly injectFault: Drill['injectFault'];
}

/** Something of which nobody is to be told at all. */
export interface QuietDrill {
  readonly name: string;
  readonly fault: string;
  /** For so long after the fault no alert may fire. */
  readonly seconds: number;
  readonly injectFault: Drill['injectFault'];
}

/** An alert that can't be drilled yet. */
export interface PendingDrill {
  readonly alert: string;
  readonly because: string;
}

/** The name that `ALERT=` takes, beside the alert's. */
export const nameOf = ({ alert, variant }: Pick<Drill, 'alert' | 'variant'>): string =>
  variant === undefined ? alert : `${alert}/${variant}`;

/** Whether labels, `alertname` among them, are of a pattern. */
export function matches(labels: Readonly<Record<string, string>>, { alert, ...rest }: AlertPattern): boolean {
  return (
    labels['alertname'] === alert && Object.entries(rest).every(([name, value]) => labels[name] === value)
  );
}
