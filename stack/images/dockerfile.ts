/** Reads the Dockerfile, as far as it is written in the few instructions that are carried out without Docker. */

export interface Copy {
  readonly does: 'copy';
  /** The stage it copies from; undefined: the checkout. */
  readonly from: string | undefined;
  /** From the root of the checkout or of that stage. */
  readonly sources: readonly string[];
  /** Ends in `/` when the sources go into it. */
  readonly target: string;
}

interface Run {
  readonly does: 'run';
  /** For a shell, in the working directory. */
  readonly command: string;
}

/** How a container starts, and what an image says of itself: as an image's configuration has it. */
export interface ImageConfiguration {
  WorkingDir?: string;
  User?: string;
  Env: string[];
  Entrypoint?: readonly string[];
  Cmd?: readonly string[];
  Labels: Record<string, string>;
}

export interface Stage {
  readonly name: string;
  /** The image it begins with. */
  readonly base: string;
  /** The steps that fill its file system, in order. */
  readonly steps: readonly (Copy | Run)[];
  readonly configuration: ImageConfiguration;
}

interface OpenStage extends Stage {
  readonly steps: (Copy | Run)[];
}

type Take = (rest: string, stage: OpenStage) => void;

/** `NAME=value` words. */
function pairs(rest: string): [name: string, value: string][] {
  return rest.split(/\s+/).map((word) => {
    const [, name = word, value = ''] = /^([^=]+)=(.*)$/.exec(word) ?? [];
    return [name, value];
  });
}

const instructions: Readonly<Record<string, Take>> = {
  COPY(rest, { steps }) {
    const words = rest.split(/\s+/);
    const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
    const target = words.pop() ?? '';
    steps.push({ does: 'copy', from, sources: words, target });
  },
  RUN: (command, { steps }) => steps.push({ does: 'run', command }),
  WORKDIR: (rest, { configuration }) => Object.assign(configuration, { WorkingDir: rest }),
  USER: (rest, { configuration }) => Object.assign(configuration, { User: rest }),
  ENV: (rest, { configuration }) =>
    configuration.Env.push(...pairs(rest).map(([name, value]) => `${name}=${value}`)),
  LABEL: (rest, { configuration }) => Object.assign(configuration.Labels, Object.fromEntries(pairs(rest))),
  ENTRYPOINT: (rest, { configuration }) => Object.assign(configuration, { Entrypoint: JSON.parse(rest) }),
  CMD: (rest, { configuration }) => Object.assign(configuration, { Cmd: JSON.parse(rest) }),
  // For people, and for Docker.
  EXPOSE: () => {},
  HEALTHCHECK: () => {},
};

/**
 * The stages of a Dockerfile, the last of them the image.
 * @param given values of its `ARG`s, over their own
 * @throws Error that names an instruction which is not understood here
 */
export function readDockerfile(text: string, given: Readonly<Record<string, string>> = {}): readonly Stage[] {
  const stages: OpenStage[] = [];
  const values: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const filled = rest.replace(/\$\{(\w+)\}/g, (whole, name: string) =>
      word === 'RUN' ? whole : (values[name] ?? ''),
    );
    if (word === 'ARG') {
      for (const [name, value] of pairs(filled)) values[name] = given[name] ?? value;
      continue;
    }
    if (word === 'FROM') {
      // What is built here is for this machine.
      const [base = '', , name = String(stages.length)] = filled
        .replace(/^--platform=\S+\s+/, '')
        .split(/\s+/);
      stages.push({ name, base, steps: [], configuration: { Env: [], Labels: {} } });
      continue;
    }
    const stage = stages.at(-1);
    const take = instructions[word];
    if (stage === undefined || take === undefined || line.endsWith('\\'))
      throw new Error(
        `The Dockerfile has a line that stack/images does not understand: "${line}". It knows, on one line each: ` +
          `ARG, FROM, ${Object.keys(instructions).join(', ')}.`,
      );
    take(filled, stage);
  }
  return stages;
}
