/** The workflows of .github/, read as GitHub reads them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tflintGo } from '@sightline/terraform/tflint.ts';
import { parse } from 'yaml';

export interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly if?: string;
  readonly needs?: string | readonly string[];
  /** The workflow that a job calls. */
  readonly uses?: string;
  /** The inputs of that workflow. */
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly permissions?: Readonly<Record<string, string>> | string;
  readonly 'timeout-minutes'?: number;
  readonly concurrency?: unknown;
  readonly steps?: readonly Step[];
}

/** A workflow, or an action of this repository, which has steps and no jobs. */
export interface WorkflowFile {
  /** From the root of the checkout. */
  readonly path: string;
  readonly text: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
  /** The steps of an action. */
  readonly steps: readonly Step[];
}

/** The parts of the checkout that workflows may call. */
export interface Checkout {
  readonly workflows: readonly WorkflowFile[];
  readonly makeTargets: ReadonlySet<string>;
  /** Whether there is such a file. */
  readonly has: (path: string) => boolean;
  /** The text of .github/dependabot.yml. */
  readonly dependabot: string;
  /** Paths of all its files. */
  readonly files: readonly string[];
  /** The oldest Go that builds each tool, such as 1.26.3, by where that is said. */
  readonly goOf: Readonly<Record<string, string>>;
}

/** @throws Error with a sentence when it is no YAML */
export function readWorkflow(path: string, text: string): WorkflowFile {
  let content: Record<string, unknown>;
  try {
    content = parse(text);
  } catch (error) {
    throw new Error(`${path} is no YAML: ${(error as Error).message}`);
  }
  const { on, permissions, concurrency, jobs, runs } = content;
  return {
    path,
    text,
    on: typeof on === 'string' ? { [on]: null } : ((on ?? {}) as Record<string, unknown>),
    permissions,
    concurrency,
    jobs: (jobs ?? {}) as Record<string, Job>,
    steps: (runs as { steps?: Step[] } | undefined)?.steps ?? [],
  };
}

/** Paths of the workflows and actions below .github/, from the root of the checkout. */
export function workflowPaths(root: string): readonly string[] {
  const workflows = readdirSync(join(root, '.github/workflows')).map((file) => `.github/workflows/${file}`);
  const actions = readdirSync(join(root, '.github/actions')).map(
    (name) => `.github/actions/${name}/action.yml`,
  );
  return [...workflows.filter((path) => path.endsWith('.yml')), ...actions];
}

/** The targets of a Makefile. */
export const targetsOf = (makefile: string): ReadonlySet<string> =>
  new Set([...makefile.matchAll(/^([a-z][a-z-]*):/gm)].map(([, target = '']) => target));

export function readCheckout(root: string, files: readonly string[]): Checkout {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  return {
    workflows: workflowPaths(root).map((path) => readWorkflow(path, read(path))),
    makeTargets: new Set(targetsOf(read('Makefile'))),
    has: (path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile() ?? false,
    dependabot: read('.github/dependabot.yml'),
    files,
    goOf: {
      'terraform/tflint.ts': tflintGo,
      ...Object.fromEntries(
        files
          .filter((path) => /^tools\/[^/]+\/go\.mod$/.test(path))
          .map((path) => [path, /^go (\S+)$/m.exec(read(path))?.[1] ?? '']),
      ),
    },
  };
}

/** The steps of a file with the name of where they are. */
export function stepsOf({
  path,
  jobs,
  steps,
}: WorkflowFile): readonly { readonly at: string; readonly step: Step }[] {
  return [
    ...steps.map((step) => ({ at: path, step })),
    ...Object.entries(jobs).flatMap(([name, job]) =>
      (job.steps ?? []).map((step) => ({ at: `${path}, job ${name}`, step })),
    ),
  ];
}

/** Whether it makes a release or deploys one. */
export const isRelease = ({ on }: WorkflowFile) =>
  'workflow_call' in on || 'tags' in ((on['push'] ?? {}) as object);

/** The lines of the commands that a file runs. */
export const commandsOf = (file: WorkflowFile) =>
  stepsOf(file).flatMap(({ at, step: { run = '' } }) =>
    run
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map((command) => ({ at, command })),
  );

/** Folders of what was installed, built or run. */
const notOurs = new Set(['.cache', '.git', '.stack', '.terraform', 'coverage', 'node_modules', 'vendor']);

/** All files of the checkout, from its root. Not asked of Git, which a copy may be without. */
export function filesOfCheckout(root: string, folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (notOurs.has(entry.name)) return [];
    return entry.isDirectory() ? filesOfCheckout(root, path) : [path];
  });
}
