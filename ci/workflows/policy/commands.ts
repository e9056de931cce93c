/** Rules for the commands of steps: commands of this repository, and no logic of its own. */
import { type Checkout, commandsOf } from '../files.ts';
import type { Rule } from './rule.ts';

const ci = '.github/workflows/ci.yml';

/** `make TARGET …` or `sh FILE …`; the output may go into a file of GitHub's. Words, quoted texts and variables only. */
const word = String.raw`(?:[\w.,:/=~@+-]|"[^"\`]*"|'[^']*'|\$\w+)+`;
const call = new RegExp(
  String.raw`^(?:make (?<target>[a-z-]+)|sh (?<script>[\w./-]+\.sh))(?: ${word})*(?: >> "\$GITHUB_(?:OUTPUT|STEP_SUMMARY)")?$`,
);

/** Commands of the Makefile that ask a stack which is there; the others start one of their own. */
const ofTheStack =
  /^make (backup|restore-drill|load|verify|logs|grafana-check|kibana-check|logs-filebeat)(?![\w-])/;

/** An expression as GitHub writes one. */
const expression = (name: string) => `$\{{ ${name} }}`;

const calls = (checkout: Checkout) =>
  checkout.workflows
    .flatMap(commandsOf)
    .map(({ at, command }) => ({ at, command, groups: call.exec(command)?.groups }));

export const commandRules: readonly Rule[] = [
  {
    name: 'a step has no logic: it is one make target or one script of this repository',
    check: (checkout) =>
      calls(checkout)
        .filter(({ groups }) => groups === undefined)
        .map(({ at, command }) => `${at}: "${command}" is neither make and a target nor sh and a script`),
    bad: [
      {
        says: 'a pipe',
        file: ci,
        replace: ['run: make compare-grafonnet', 'run: make compare-grafonnet | tail -1'],
      },
      {
        says: 'a second command',
        file: ci,
        replace: ['run: make test-terraform', 'run: make test-terraform && make down'],
      },
      { says: 'a command of somebody else', file: ci, replace: ['run: make lint', 'run: npx eslint'] },
      {
        says: 'an expression, which whoever names a branch could write commands into',
        file: ci,
        replace: ['run: make lint', `run: make lint REF=${expression('github.head_ref')}`],
      },
    ],
  },
  {
    name: 'each make target that a workflow calls is in the Makefile',
    check: (checkout) =>
      calls(checkout).flatMap(({ at, groups: { target } = {} }) =>
        target === undefined || checkout.makeTargets.has(target)
          ? []
          : [`${at}: make has no target ${target}`],
      ),
    bad: [{ says: 'a target that is not there', file: ci, replace: ['make lint', 'make linting'] }],
  },
  {
    name: 'each script that a workflow calls is in the repository',
    check: (checkout) =>
      calls(checkout).flatMap(({ at, groups: { script } = {} }) =>
        script === undefined || checkout.has(script) ? [] : [`${at}: there is no ${script}`],
      ),
    bad: [
      { says: 'a script that is not there', file: ci, replace: ['workflows/gate.sh', 'workflows/door.sh'] },
    ],
  },
  {
    name: 'what looks at the stack comes behind make up in its job',
    check: ({ workflows }) =>
      workflows.flatMap((file) =>
        Object.entries(file.jobs).flatMap(([name, { steps = [] }]) => {
          const commands = steps.filter(({ env = {} }) => !('TARGET' in env)).map(({ run = '' }) => run);
          const up = commands.findIndex((command) => command.startsWith('make up'));
          return commands
            .filter((command, at) => ofTheStack.test(command) && (up === -1 || at < up))
            .map((command) => `${file.path}, job ${name}: "${command}" finds no stack`);
        }),
      ),
    bad: [
      {
        says: 'a restore drill of nothing',
        file: '.github/workflows/nightly.yml',
        replace: ['      - run: make up STACK=native COMPONENTS=core\n', ''],
      },
    ],
  },
  {
    name: 'images that are proposed come with what is generated from them',
    check: ({ workflows }) =>
      workflows.flatMap((file) =>
        Object.entries(file.jobs).flatMap(([name, { steps = [] }]) => {
          const commands = steps.map(({ run = '' }) => run.split(' ').slice(0, 2).join(' '));
          const [update, generate, propose] = [
            'make update-images',
            'make generate',
            'sh ci/workflows/propose.sh',
          ].map((command) => commands.indexOf(command)) as [number, number, number];
          return update === -1 || (update < generate && generate < propose)
            ? []
            : [`${file.path}, job ${name} proposes images without make generate, so lint fails`];
        }),
      ),
    bad: [
      {
        says: 'a proposal that fails its own lint',
        file: '.github/workflows/nightly.yml',
        replace: ['      - run: make generate\n', ''],
      },
    ],
  },
];
