/** What `make drill` is told by its environment. */
export interface DrillSettings {
  /** Names of drills or of their alerts; none means all. */
  readonly alerts: readonly string[];
  /** Only the few that `make test` runs. */
  readonly quick: boolean;
  /** Everything but the fault: each drill has to fail. */
  readonly withoutFault: boolean;
  /** How often each is run. */
  readonly times: number;
}

/** Throws one error that names every wrong variable, what it got and what it takes. */
export function readDrillSettings(environment: NodeJS.ProcessEnv): DrillSettings {
  const problems: string[] = [];
  const flag = (name: string, unset: string) => {
    const text = environment[name] || unset;
    if (text !== '0' && text !== '1') problems.push(`${name} is "${text}"; it takes 0 or 1.`);
    return text === '1';
  };
  const times = environment['TIMES'] || '1';
  if (!/^([1-9]\d?|100)$/.test(times))
    problems.push(`TIMES is "${times}"; it takes a whole number from 1 to 100.`);
  const settings = {
    alerts: (environment['ALERT'] ?? '').split(/[\s,]+/).filter((name) => name !== ''),
    quick: flag('QUICK', '0'),
    withoutFault: !flag('FAULT', '1'),
    times: Number(times),
  };
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}
