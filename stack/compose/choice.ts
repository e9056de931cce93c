/** Whether a command is about containers or about native processes: `STACK=native|docker`, else what is there. */
import { whyNoDocker } from '../images/docker.ts';
import { readRunningState } from '../native/state.ts';
import { whyNoCompose } from './compose.ts';
import type { ComposeService } from './file.ts';
import { missingImages, whyNotFetched } from './images.ts';
import { readRecord } from './record.ts';
import { type ComposeSettings, selectServices } from './settings.ts';

export type Kind = 'native' | 'docker';

interface Choice {
  readonly command: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly settings: ComposeSettings;
  readonly services: readonly ComposeService[];
  /** Names of `COMPONENTS=`. */
  readonly components: readonly string[];
  /** Takes the line that says why it is native. */
  readonly say: (line: string) => void;
}

/** Commands that begin a stack; all others are about the one that runs. */
const begins = (command: string) => command === 'up' || command === 'dev';

/** @throws Error with a sentence when STACK is wrong, or asks for what can't be */
export function choose(choice: Choice): Kind {
  const { command, environment, settings, say } = choice;
  const asked = environment['STACK'] || undefined;
  if (asked !== undefined && asked !== 'native' && asked !== 'docker')
    throw new Error(`STACK is "${asked}"; it takes native or docker.`);
  const running = runningIn(settings.stackDirectory);
  if (running !== undefined) {
    if (asked !== undefined && asked !== running)
      throw new Error(`A ${running} stack runs here: make down first.`);
    if (command === 'dev' && running === 'docker')
      throw new Error('The stack runs in Docker, and `make dev` restarts a native API: make down first.');
    return running;
  }
  if (!begins(command)) return asked ?? 'native';
  // It restarts a process of this machine at each save.
  if (command === 'dev' || asked === 'native') return 'native';
  const reason = whyNotDocker(choice);
  if (reason === undefined) return 'docker';
  if (asked === 'docker') throw new Error(`STACK=docker can't be: ${reason}.`);
  say(`Natively, since ${reason}.`);
  return 'native';
}

function runningIn(stackDirectory: string): Kind | undefined {
  if (readRecord(stackDirectory) !== undefined) return 'docker';
  return readRunningState(stackDirectory) === undefined ? undefined : 'native';
}

/** Why the images of the chosen services can't be run here: no Docker, or none to be had. */
function whyNotDocker({ settings, services, components }: Choice): string | undefined {
  const obstacle = whyNoDocker() ?? whyNoCompose();
  if (obstacle !== undefined) return obstacle;
  const [first] = missingImages(settings, selectServices(services, components));
  const reason = first === undefined ? undefined : whyNotFetched(first);
  return reason === undefined ? undefined : `Docker can't fetch ${first} (${reason})`;
}
