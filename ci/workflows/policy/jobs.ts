/** Rules for the rights of a job, its time limit, and who waits for it. */
import { areas } from '../areas.ts';
import { type Checkout, isRelease, type Job, type WorkflowFile } from '../files.ts';
import type { Rule } from './rule.ts';

const workflow = (name: string) => `.github/workflows/${name}.yml`;
const ci = workflow('ci');

/** Rights of jobs to write, by file and job; everything else reads the repository and no more. */
const writes: Readonly<Record<string, readonly string[]>> = {
  'ci codeql': ['security-events'],
  'release image': ['packages', 'id-token', 'attestations', 'artifact-metadata'],
  'release staging': ['id-token'],
  'release production': ['id-token'],
  'release publish': ['contents'],
  'deploy deploy': ['id-token'],
  'nightly providers': ['contents', 'pull-requests'],
  'nightly images': ['contents', 'pull-requests'],
};

const nameOf = ({ path }: WorkflowFile) => /([^/]+)\.yml$/.exec(path)?.[1] ?? path;

const eachJob = ({ workflows }: Checkout) =>
  workflows.flatMap((file) =>
    Object.entries(file.jobs).map(([name, job]: [string, Job]) => ({
      at: `${file.path}, job ${name}`,
      key: `${nameOf(file)} ${name}`,
      job,
    })),
  );

const needsOf = ({ needs = [] }: Job): readonly string[] => [needs].flat();

export const jobRules: readonly Rule[] = [
  {
    name: 'each job has a time limit',
    check: (checkout) =>
      eachJob(checkout)
        .filter(({ job }) => job.uses === undefined && typeof job['timeout-minutes'] !== 'number')
        .map(({ at }) => `${at} has no timeout-minutes`),
    bad: [{ says: 'a job without one', file: ci, replace: ['    timeout-minutes: 20\n', ''] }],
  },
  {
    name: 'a workflow may nothing, and each job says what it may',
    check: (checkout) => [
      ...checkout.workflows
        .filter(
          ({ jobs, permissions }) => Object.keys(jobs).length > 0 && JSON.stringify(permissions) !== '{}',
        )
        .map(({ path }) => `${path} has to begin with permissions: {}`),
      ...eachJob(checkout)
        .filter(({ job: { permissions } }) => typeof permissions !== 'object')
        .map(({ at }) => `${at} does not say its permissions one by one`),
    ],
    bad: [
      { says: 'a workflow that leaves them to the repository', file: ci, replace: ['permissions: {}\n', ''] },
      {
        says: 'a job that may everything',
        file: workflow('load'),
        replace: ['permissions:\n      contents: read', 'permissions: write-all'],
      },
    ],
  },
  {
    name: 'a job writes only what the table says',
    check: (checkout) => {
      const found = eachJob(checkout).flatMap(({ at, key, job: { permissions } }) =>
        Object.entries(typeof permissions === 'object' ? permissions : {})
          .filter(([, access]) => access !== 'read')
          .map(([scope]) => ({ at, key, scope })),
      );
      const unused = Object.entries(writes).flatMap(([key, scopes]) =>
        scopes
          .filter((scope) => !found.some((each) => each.key === key && each.scope === scope))
          .map((scope) => `the table lets ${key} write ${scope}, which it does not`),
      );
      const more = found.filter(({ key, scope }) => !writes[key]?.includes(scope));
      return [...more.map(({ at, scope }) => `${at} may write ${scope}`), ...unused];
    },
    bad: [
      { says: 'a job that writes more', file: ci, replace: ['contents: read', 'contents: write'] },
      {
        says: 'a line of the table that nobody needs',
        file: ci,
        replace: ['security-events: write', 'security-events: read'],
      },
    ],
  },
  {
    name: 'what a pull request starts sees no secret and runs no code of a fork with rights',
    check: ({ workflows }) =>
      workflows.flatMap(({ path, on, text }) => [
        ...['pull_request_target', 'workflow_run', 'issue_comment']
          .filter((event) => event in on)
          .map((event) => `${path} is started by ${event}, with the rights of this repository`),
        ...('pull_request' in on && /\bsecrets\b/.test(text)
          ? [`${path} has secrets, and pull requests start it`]
          : []),
        ...(/secrets: inherit/.test(text) ? [`${path} hands all secrets on`] : []),
      ]),
    bad: [
      { says: 'pull_request_target', file: ci, replace: ['  pull_request:', '  pull_request_target:'] },
      {
        says: 'a secret',
        file: ci,
        replace: ['run: make lint', 'run: make lint\n        env: { KEY: "secrets.KEY" }'],
      },
    ],
  },
  {
    // By default one waits, and is dropped when another comes: a tag would be released by nobody.
    name: 'releases and deployments wait for their turn, however many there are',
    check: ({ workflows }) =>
      workflows.filter(isRelease).flatMap(({ path, concurrency, jobs }) =>
        [concurrency, ...Object.values(jobs).map((job) => job.concurrency)]
          .filter((one) => one !== undefined)
          .map((one) => one as { readonly queue?: unknown })
          .filter(({ queue }) => queue !== 'max')
          .map(() => `${path}: what waits is dropped without queue: max`),
      ),
    bad: [
      { says: 'a release that is dropped', file: workflow('release'), replace: ['  queue: max\n', ''] },
      { says: 'a deployment that is dropped', file: workflow('deploy'), replace: ['      queue: max\n', ''] },
    ],
  },
  {
    name: 'each Dockerfile is built and scanned before it is merged',
    check: ({ workflows, files }) => {
      const text = workflows.find(({ path }) => path === ci)?.text ?? '';
      return files
        .filter((path) => /(^|\/)Dockerfile$/.test(path) && !text.includes(`, file: ${path} }`))
        .map((path) => `${ci}: the image of ${path} is not scanned`);
    },
    bad: [
      {
        says: 'an image that nobody scans',
        file: ci,
        replace: ['file: backup/Dockerfile }', 'file: Dockerfile }'],
      },
    ],
  },
  {
    // A session of a role lasts an hour unless the role says otherwise.
    name: 'what is taken back after a failure has credentials of its own',
    check: (checkout) =>
      eachJob(checkout).flatMap(({ at, job: { steps = [] } }) =>
        steps.flatMap(({ run = '' }, index) =>
          run === 'make roll-back' &&
          !steps[index - 1]?.uses?.startsWith('aws-actions/configure-aws-credentials@')
            ? [`${at}: make roll-back may come when the credentials have ended`]
            : [],
        ),
      ),
    bad: [
      {
        says: 'a roll-back after more than an hour',
        file: workflow('deploy'),
        replace: [
          "      - if: (failure() || cancelled()) && steps.deploy.outcome != 'skipped'\n        run: make roll-back",
          '      - run: make load-summary\n      - run: make roll-back',
        ],
      },
    ],
  },
  {
    name: 'a skipped job leaves no required check waiting: paths are the jobs’ to filter, and gate waits for all of them',
    check: ({ workflows }) => {
      const file = workflows.find(({ path }) => path === ci);
      const { gate, ...others } = file?.jobs ?? {};
      if (file === undefined || gate === undefined) return [`${ci} has no job gate`];
      const events = Object.values(file.on).filter((event) => typeof event === 'object' && event !== null);
      return [
        ...events
          .filter((event) => 'paths' in event || 'paths-ignore' in event)
          .map(() => `${ci} filters paths for the whole workflow, so that gate never runs`),
        ...Object.keys(others)
          .filter((name) => !needsOf(gate).includes(name))
          .map((name) => `${ci}: gate does not wait for ${name}`),
        ...(gate.if === 'always()'
          ? []
          : [`${ci}: gate has to run always(), or it counts as passed when a job failed`]),
        ...Object.entries(others)
          .filter(([, job]) => /changes\.outputs/.test(job.if ?? '') && !needsOf(job).includes('changes'))
          .map(([name]) => `${ci}: ${name} looks at what was changed without waiting for it`),
      ];
    },
    bad: [
      { says: 'a job that gate forgets', file: ci, replace: ['codeql, dependencies]', 'codeql]'] },
      {
        says: 'a gate that is skipped when something failed',
        file: ci,
        replace: ['if: always()\n    needs: [changes', 'needs: [changes'],
      },
      {
        says: 'paths of the workflow',
        file: ci,
        replace: ['  pull_request:', '  pull_request:\n    paths: [app/**]'],
      },
      { says: 'a job that does not wait', file: ci, replace: ['    needs: changes\n', ''] },
    ],
  },
  {
    // An area that nobody sets is never true: its job would be skipped for ever, and gate content.
    name: 'a job is woken by an area that there is, and each area wakes one',
    check: ({ workflows }) => {
      const { changes, ...others } = workflows.find(({ path }) => path === ci)?.jobs ?? {};
      const handedOn = Object.entries(changes?.outputs ?? {});
      const known = Object.keys(areas);
      const looked = Object.entries(others).flatMap(([name, job]) =>
        [...(job.if ?? '').matchAll(/needs\.changes\.outputs\.([\w-]+)/g)].map(([, area = '']) => ({
          name,
          area,
        })),
      );
      const isHandedOn = (area: string) =>
        handedOn.some(([name, value]) => name === area && value.includes(`steps.areas.outputs.${area} `));
      return [
        ...looked
          .filter(({ area }) => !known.includes(area))
          .map(({ name, area }) => `${ci}: ${name} is woken by ${area}, which is no area`),
        ...known
          .filter((area) => !isHandedOn(area))
          .map((area) => `${ci}: the job changes does not hand on ${area}`),
        ...known
          .filter((area) => !looked.some((each) => each.area === area))
          .map((area) => `${ci}: the area ${area} wakes no job`),
      ];
    },
    bad: [
      {
        says: 'a misspelt area',
        file: ci,
        replace: ["needs.changes.outputs.terraform == 'true'", "needs.changes.outputs.terrafrom == 'true'"],
      },
      { says: 'an area that is not handed on', file: ci, replace: ['      image: $', '      images: $'] },
      {
        says: 'an area that is handed on under the name of another',
        file: ci,
        replace: ['image: ${{ steps.areas.outputs.image', 'image: ${{ steps.areas.outputs.imgae'],
      },
    ],
  },
];
