/** The build tools: what is built from which Go module, and how a fitting program on the PATH is known. */

/** One Go module of this folder and the programs that are built from it. */
export interface Tool {
  /** The word that `--version` of each of its programs prints; the module's version is in its `go.mod`. */
  release: string;
  /** The argument that it is asked with instead of `--version`. */
  versionArgument?: string;
  /** The Go package of each program. Packages of one tool end in different names. */
  programs: Readonly<Record<string, string>>;
  tags?: readonly string[];
  /** Variables of Go packages that get the release, where the source leaves that to whoever builds it. */
  releaseIn?: string;
  /** Seconds that a first build takes on two cores, for whoever waits; of several the longest begins first. */
  seconds: number;
  /** It is built where it is used, such as for a cluster, and not for `make test`. */
  onDemand?: true;
  /** The loss without it, for people. */
  without: string;
}

const commonVersion = 'github.com/prometheus/common/version.Version';

/** Tools by the folder of each. */
export const tools = {
  jsonnet: {
    release: '0.22.0',
    programs: {
      jsonnet: 'github.com/google/go-jsonnet/cmd/jsonnet',
      jsonnetfmt: 'github.com/google/go-jsonnet/cmd/jsonnetfmt',
      'jsonnet-lint': 'github.com/google/go-jsonnet/cmd/jsonnet-lint',
    },
    seconds: 15,
    without: 'alert rules and dashboards are not generated anew',
  },
  prometheus: {
    release: '3.15.0',
    programs: {
      prometheus: 'github.com/prometheus/prometheus/cmd/prometheus',
      promtool: 'github.com/prometheus/prometheus/cmd/promtool',
    },
    // Of the discoveries only what the scrape configurations use: all of them double the build.
    tags: ['remove_all_sd', 'enable_dns_sd', 'enable_kubernetes_sd'],
    releaseIn: commonVersion,
    seconds: 150,
    without: 'no metric is collected and no alert evaluated or tested',
  },
  alertmanager: {
    release: '0.28.1',
    programs: {
      alertmanager: 'github.com/prometheus/alertmanager/cmd/alertmanager',
      amtool: 'github.com/prometheus/alertmanager/cmd/amtool',
    },
    releaseIn: commonVersion,
    seconds: 30,
    without: 'no alert is delivered',
  },
  k6: {
    release: '1.8.1',
    programs: { k6: 'go.k6.io/k6' },
    seconds: 70,
    without: 'no load is made',
  },
  toxiproxy: {
    release: '2.5.0',
    programs: { 'toxiproxy-server': 'github.com/Shopify/toxiproxy/v2/cmd/server' },
    releaseIn: 'github.com/Shopify/toxiproxy/v2.Version',
    seconds: 15,
    without: 'no drill can slow down or cut a connection',
  },
  node_exporter: {
    release: '1.12.1',
    programs: { node_exporter: 'github.com/prometheus/node_exporter' },
    releaseIn: commonVersion,
    seconds: 15,
    without: "the machine's own metrics (disk, memory) are not collected",
  },
  'kube-state-metrics': {
    release: '2.15.0',
    versionArgument: 'version',
    programs: { 'kube-state-metrics': 'k8s.io/kube-state-metrics/v2' },
    releaseIn: commonVersion,
    seconds: 90,
    onDemand: true,
    without: 'no alert about Deployments and Jobs fires in a cluster',
  },
  'docker-compose': {
    release: '2.40.3',
    programs: { 'docker-compose': 'github.com/docker/compose/v2/cmd' },
    releaseIn: 'github.com/docker/compose/v2/internal.Version',
    seconds: 120,
    without: 'nobody notices what docker compose does not understand in stack/compose.yaml',
  },
  actionlint: {
    release: '1.7.12',
    programs: { actionlint: 'github.com/rhysd/actionlint/cmd/actionlint' },
    seconds: 10,
    without: 'the workflows of GitHub are not checked',
  },
} as const satisfies Readonly<Record<string, Tool>>;

export type ToolName = keyof typeof tools;
type KeyOfEach<T> = T extends unknown ? keyof T : never;
export type ProgramName = KeyOfEach<(typeof tools)[ToolName]['programs']>;

/** The names of the programs of the tools that a filter takes. */
export const programs = (filter: (tool: Tool) => boolean = () => true): readonly string[] =>
  Object.values<Tool>(tools)
    .filter(filter)
    .flatMap(({ programs }) => Object.keys(programs));

/** The tool that a program is built from. Throws an error that lists the known programs for any other name. */
export function toolOf(program: string): ToolName {
  const names = Object.keys(tools) as ToolName[];
  const found = names.find((name) => program in tools[name].programs);
  if (found !== undefined) return found;
  throw new Error(`There is no tool "${program}". Known: ${programs().join(', ')}.`);
}
