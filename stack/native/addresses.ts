import { portOf, type Settings } from './settings.ts';
import { readRunningState } from './state.ts';

/** Where a component of the running stack listens, by the setting of its port; undefined unless it is ready. */
export function addressOfStack(settings: Settings, component: string, setting: string): string | undefined {
  const state = readRunningState(settings.stackDirectory);
  if (state?.components[component]?.state !== 'ready') return undefined;
  return `http://127.0.0.1:${portOf({ ...settings, ports: state.ports }, setting)}`;
}
