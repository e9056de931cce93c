/**
 * The objects that manifests are made of, as far as the rules look at it, and how one thing finds another.
 */

export type Labels = Readonly<Record<string, string>>;
type Quantities = Readonly<Record<string, string>>;

export interface Metadata {
  name: string;
  namespace?: string;
  labels?: Labels;
  annotations?: Labels;
}

/** Any object; `spec` and others are looked at by the functions below. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  data?: Readonly<Record<string, string>>;
  stringData?: Readonly<Record<string, string>>;
  spec?: object;
}

export interface Selector {
  matchLabels?: Labels;
  matchExpressions?: readonly object[];
}

interface Probe {
  httpGet?: { path: string; port: string | number };
  tcpSocket?: { port: string | number };
  exec?: { command: readonly string[] };
  periodSeconds?: number;
  timeoutSeconds?: number;
  failureThreshold?: number;
}

export interface EnvironmentVariable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef?: KeyReference; configMapKeyRef?: KeyReference; fieldRef?: object };
}

interface KeyReference {
  name: string;
  key: string;
}

export interface Container {
  name: string;
  image: string;
  imagePullPolicy?: string;
  args?: readonly string[];
  command?: readonly string[];
  env?: readonly EnvironmentVariable[];
  envFrom?: readonly { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: readonly { name?: string; containerPort: number; hostPort?: number }[];
  resources?: { requests?: Quantities; limits?: Quantities };
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    privileged?: boolean;
    readOnlyRootFilesystem?: boolean;
    runAsNonRoot?: boolean;
    runAsUser?: number;
    capabilities?: { add?: readonly string[]; drop?: readonly string[] };
    seccompProfile?: { type: string };
  };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  volumeMounts?: readonly { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
}

interface Item {
  key: string;
  path: string;
}

export interface Volume {
  name: string;
  configMap?: { name: string; items?: readonly Item[] };
  secret?: { secretName: string; items?: readonly Item[] };
  projected?: { sources: readonly { configMap?: { name: string }; secret?: { name: string } }[] };
  persistentVolumeClaim?: { claimName: string };
  emptyDir?: { sizeLimit?: string };
  hostPath?: { path: string };
}

export interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  restartPolicy?: string;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } };
  /** One that restarts always stays beside the containers. */
  initContainers?: readonly (Container & { restartPolicy?: string })[];
  containers: readonly Container[];
  volumes?: readonly Volume[];
  topologySpreadConstraints?: readonly { topologyKey: string; labelSelector: Selector }[];
}

export interface PodTemplate {
  metadata: { labels?: Labels; annotations?: Labels };
  spec: PodSpec;
}

export interface WorkloadSpec {
  replicas?: number;
  serviceName?: string;
  selector?: Selector;
  template: PodTemplate;
  strategy?: { rollingUpdate?: { maxSurge?: number; maxUnavailable?: number } };
  volumeClaimTemplates?: readonly { metadata: { name: string } }[];
  backoffLimit?: number;
  activeDeadlineSeconds?: number;
  ttlSecondsAfterFinished?: number;
  progressDeadlineSeconds?: number;
}

interface PolicyPort {
  protocol?: string;
  port: string | number;
}

export interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string };
}

/** The specs by kind. */
interface Specs {
  Deployment: WorkloadSpec;
  StatefulSet: WorkloadSpec;
  DaemonSet: WorkloadSpec;
  Job: WorkloadSpec;
  CronJob: {
    schedule: string;
    timeZone?: string;
    concurrencyPolicy?: string;
    jobTemplate: { spec: WorkloadSpec };
  };
  Service: {
    selector?: Labels;
    ports: readonly { name?: string; port: number; targetPort: string | number }[];
  };
  HorizontalPodAutoscaler: {
    scaleTargetRef: { kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
  };
  PodDisruptionBudget: {
    selector: Selector;
    minAvailable?: number | string;
    maxUnavailable?: number | string;
    unhealthyPodEvictionPolicy?: string;
  };
  NetworkPolicy: {
    podSelector: Selector;
    policyTypes: readonly string[];
    ingress?: readonly { from?: readonly Peer[]; ports?: readonly PolicyPort[] }[];
    egress?: readonly { to?: readonly Peer[]; ports?: readonly PolicyPort[] }[];
  };
  ResourceQuota: { hard: Quantities };
  LimitRange: { limits: readonly { type: string; max?: Quantities }[] };
  Ingress: {
    tls?: readonly { secretName?: string }[];
    rules: readonly { http: { paths: readonly { backend: { service: ServiceReference } }[] } }[];
  };
  Gateway: {
    listeners: readonly { name: string; tls?: { certificateRefs?: readonly { name: string }[] } }[];
  };
  HTTPRoute: {
    parentRefs: readonly { name: string; sectionName?: string }[];
    rules: readonly { backendRefs?: readonly { name: string; port: number }[] }[];
  };
  ExternalSecret: { target: { name: string }; data: readonly { secretKey: string }[] };
  PodMonitor: {
    jobLabel?: string;
    selector: Selector;
    podMetricsEndpoints: readonly { port: string }[];
  };
  Probe: { targets: { staticConfig: { static: readonly string[] } } };
}

interface ServiceReference {
  name: string;
  port: { name?: string; number?: number };
}

export type ObjectOf<Kind extends keyof Specs> = KubernetesObject & { spec: Specs[Kind] };

/** The objects of a kind. The schemas (schema/) have been held to before, so the shape is as declared. */
export function ofKind<Kind extends keyof Specs>(
  objects: readonly KubernetesObject[],
  kind: Kind,
): readonly ObjectOf<Kind>[] {
  return objects.filter((object): object is ObjectOf<Kind> => object.kind === kind);
}

/** How a message names an object. */
export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'] as const;
export type Workload =
  | ObjectOf<(typeof workloadKinds)[number]>
  | (KubernetesObject & { kind: 'CronJob'; spec: WorkloadSpec });

/** The objects that run pods. A CronJob is the same as the Jobs that it makes, under its own name. */
export function workloads(objects: readonly KubernetesObject[]): readonly Workload[] {
  return [
    ...workloadKinds.flatMap((kind) => ofKind(objects, kind)),
    ...ofKind(objects, 'CronJob').map(asItsJobs),
  ];
}

const itsJobs = new WeakMap<KubernetesObject, Workload>();

/** One for each CronJob, so that it can be compared with itself. */
function asItsJobs(cronJob: ObjectOf<'CronJob'>): Workload {
  const known = itsJobs.get(cronJob);
  if (known !== undefined) return known;
  const workload: Workload = { ...cronJob, kind: 'CronJob', spec: cronJob.spec.jobTemplate.spec };
  itsJobs.set(cronJob, workload);
  return workload;
}

/** The workloads whose pods are meant to stay. */
export function services(objects: readonly KubernetesObject[]): readonly Workload[] {
  return workloads(objects).filter(({ kind }) => kind !== 'Job' && kind !== 'CronJob');
}

export const podOf = (workload: Workload): PodTemplate => workload.spec.template;

/** All containers of a workload's pods, those that come first included. */
export function containersOf(workload: Workload): readonly Container[] {
  const { initContainers = [], containers } = podOf(workload).spec;
  return [...initContainers, ...containers];
}

/** Whether a selector selects these labels. @throws Error for `matchExpressions`, which no manifest here uses */
export function selects({ matchLabels = {}, matchExpressions }: Selector, labels: Labels = {}): boolean {
  if (matchExpressions !== undefined)
    throw new Error('A selector has matchExpressions, which the rules do not understand; use matchLabels.');
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

/** The workloads of a namespace whose pods a selector selects. */
export function selected(
  objects: readonly KubernetesObject[],
  namespace: string | undefined,
  selector: Selector,
): readonly Workload[] {
  return workloads(objects).filter(
    (workload) =>
      workload.metadata.namespace === namespace && selects(selector, podOf(workload).metadata.labels),
  );
}

/** Whether a container of the pods has a port of this name or number. */
export function hasPort(workload: Workload, port: string | number): boolean {
  return containersOf(workload).some(({ ports = [] }) =>
    ports.some(({ name, containerPort }) => name === port || containerPort === port),
  );
}

/** The variables of a container: those of its ConfigMaps, and its own over them. */
export function environmentOf(
  objects: readonly KubernetesObject[],
  workload: Workload,
  { env = [], envFrom = [] }: Container,
): ReadonlyMap<string, string | undefined> {
  const configMaps = envFrom.flatMap(({ configMapRef }) =>
    objects.filter(
      ({ kind, metadata }) =>
        kind === 'ConfigMap' &&
        metadata.name === configMapRef?.name &&
        metadata.namespace === workload.metadata.namespace,
    ),
  );
  return new Map([
    ...configMaps.flatMap(({ data = {} }) => Object.entries(data)),
    ...env.map(({ name, value }) => [name, value] as const),
  ]);
}

const suffixes: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** Cores, bytes or a count of a quantity such as `250m`, `512Mi` or `20`. @throws Error when it is none */
export function quantity(text: string | number): number {
  const [, number, suffix = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const factor = suffixes[suffix];
  if (number === undefined || factor === undefined)
    throw new Error(`"${text}" is no quantity that the rules understand.`);
  return Number(number) * factor;
}
