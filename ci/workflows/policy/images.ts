/** Rules that the verified image is the deployed one: every image of ours, by its digest. */
import type { Checkout, Job, Step } from '../files.ts';
import { releaseImages } from '../release-of-overlay.ts';
import type { Rule } from './rule.ts';

const release = '.github/workflows/release.yml';
const deploy = '.github/workflows/deploy.yml';

const jobsOf = ({ workflows }: Checkout) =>
  workflows.flatMap(({ path, jobs }) =>
    Object.entries(jobs).map(([name, job]: [string, Job]) => ({ at: `${path}, job ${name}`, name, job })),
  );

/** Duties for an image that is pushed, and the check that a step does each to this digest. */
const duties: Readonly<Record<string, (step: Step, digest: string) => boolean>> = {
  scanned: ({ uses = '', with: { image } = {} }, digest) =>
    uses.startsWith('anchore/scan-action@') && String(image).endsWith(`@${digest}`),
  attested: ({ uses = '', with: given = {} }, digest) =>
    uses.startsWith('actions/attest@') && given['subject-digest'] === digest,
  signed: ({ run, env = {} }, digest) => run === 'make sign-image' && env['DIGEST'] === digest,
};

/** Steps that push an image, each with how its digest is written in its job. */
const pushed = (checkout: Checkout) =>
  jobsOf(checkout).flatMap(({ at, name, job }) =>
    (job.steps ?? [])
      .filter(
        ({ uses = '', with: given = {} }) =>
          uses.startsWith('docker/build-push-action@') && given['push'] === true,
      )
      .map(({ id = 'without an id' }) => ({
        at,
        name,
        job,
        id,
        digest: `\${{ steps.${id}.outputs.digest }}`,
      })),
  );

export const imageRules: readonly Rule[] = [
  {
    name: 'each image that is pushed is scanned, attested and signed by its digest, and deployed by it',
    check: (checkout) => {
      const deployments = jobsOf(checkout).filter(({ job }) => job.uses === `./${deploy}`);
      return pushed(checkout).flatMap(({ at, name, job, id, digest }) => {
        const [output] = Object.entries(job.outputs ?? {}).find(([, value]) => value === digest) ?? [];
        const handedOn = `\${{ needs.${name}.outputs.${output} }}`;
        return [
          ...Object.entries(duties)
            .filter(([, does]) => !job.steps?.some((step) => does(step, digest)))
            .map(([duty]) => `${at}: the image of step ${id} is not ${duty}`),
          ...(deployments.length > 0 ? [] : [`${at}: nothing deploys the image of step ${id}`]),
          ...deployments
            .filter((deployment) => !Object.values(deployment.job.with ?? {}).includes(handedOn))
            .map((deployment) => `${deployment.at} is not given the digest of step ${id}`),
        ];
      });
    },
    bad: [
      {
        says: 'an image that is not scanned',
        file: release,
        replace: ['outputs.backup_name }}@${{ steps.backup.', 'outputs.backup_name }}@${{ steps.build.'],
      },
      {
        says: 'an image that is not signed',
        file: release,
        replace: ['DIGEST: ${{ steps.backup.outputs', 'DIGEST: ${{ steps.build.outputs'],
      },
      {
        says: 'an image that is not attested',
        file: release,
        replace: ['subject-digest: ${{ steps.build.', 'subject-digest: ${{ steps.backup.'],
      },
      {
        says: 'an image whose digest is not handed on',
        file: release,
        replace: ['      backup-digest: ${{ steps', '      backup: ${{ steps'],
      },
      {
        says: 'an environment that gets the digest of another image',
        file: release,
        replace: [
          'backup-digest: ${{ needs.image.outputs.backup-digest',
          'backup-digest: ${{ needs.image.outputs.digest',
        ],
      },
    ],
  },
  {
    name: 'a job that deploys has verified every image of the release before, by the digests that it deploys',
    check: (checkout) =>
      jobsOf(checkout).flatMap(({ at, job: { steps = [], env = {} } }) => {
        const runs = steps.map(({ run }) => run);
        const deploys = runs.indexOf('make deploy');
        if (deploys === -1) return [];
        const verifies = runs.indexOf('make verify-image');
        const variables = ['RELEASE', ...releaseImages.map(({ variable }) => variable)];
        return [
          ...(verifies !== -1 && verifies < deploys ? [] : [`${at} deploys what it has not verified`]),
          ...variables
            .filter((name) => !(name in env))
            .map((name) => `${at} has no ${name} for all its steps`),
          ...variables
            .filter((name) => steps.some((step) => name in (step.env ?? {})))
            .map((name) => `${at} has another ${name} for one of its steps`),
        ];
      }),
    bad: [
      {
        says: 'a job that verifies nothing',
        file: deploy,
        replace: ['      - run: make verify-image\n', ''],
      },
      {
        says: 'a job that verifies afterwards',
        file: deploy,
        replace: [
          '      - run: make verify-image\n',
          '      - run: make deploy\n      - run: make verify-image\n',
        ],
      },
      {
        says: 'an image without a digest',
        file: deploy,
        replace: ['      BACKUP_DIGEST: ${{ inputs', '      BACKUP: ${{ inputs'],
      },
      {
        says: 'another digest than the one that was verified',
        file: deploy,
        replace: ['run: make deploy\n', 'run: make deploy\n        env: { DIGEST: latest }\n'],
      },
    ],
  },
];
