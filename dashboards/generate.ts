/** `node dashboards/generate.ts` writes the dashboards and what takes them to Kubernetes; `--check` names stale files. */

import { JsonnetError } from '@sightline/alerts/jsonnet.ts';
import { generate } from '@sightline/tools/generated-files.ts';
import { stringify } from 'yaml';
import { dashboards } from './dashboards.ts';

/** A ConfigMap a dashboard, with the label that Grafana's sidecar looks for and the folder that it puts them in. */
const kustomization = (files: readonly string[]) => ({
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  generatorOptions: {
    // The sidecar follows the ConfigMap itself, by its name.
    disableNameSuffixHash: true,
    labels: { grafana_dashboard: '1', 'app.kubernetes.io/part-of': 'sightline' },
    annotations: { grafana_folder: 'Sightline' },
  },
  configMapGenerator: files.map((file) => ({
    name: `dashboard-${file.replace('.json', '')}`,
    files: [`generated/${file}`],
  })),
});

try {
  const made = await dashboards();
  await generate({
    ...Object.fromEntries(
      Object.entries(made).map(([file, dashboard]) => [
        `dashboards/generated/${file}`,
        () => `${JSON.stringify(dashboard, null, 2)}\n`,
      ]),
    ),
    'dashboards/kustomization.yaml': () =>
      `# Generated from dashboards/ by make generate.\n${stringify(kustomization(Object.keys(made)))}`,
  });
} catch (error) {
  if (!(error instanceof JsonnetError)) throw error;
  console.error(`No dashboards can be made of dashboards/: ${error.message}`);
  process.exitCode = 1;
}
