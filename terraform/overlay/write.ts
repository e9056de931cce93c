import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isSeq, parseDocument, stringify } from 'yaml';
import type { OverlayInputs } from './outputs.ts';

const loadBalancer = '../../components/aws-load-balancer';
const loadBalancerPatch = 'load-balancer-network.yaml';

/**
 * Writes the addresses of an environment into its overlay; comments and order stay as they are.
 * @returns the files that changed, by their names
 * @throws Error with a sentence when the overlay is not as expected; nothing is written then
 */
export function writeOverlay(overlay: string, inputs: OverlayInputs): readonly string[] {
  const kustomization = readYaml(overlay, 'kustomization.yaml');
  const texts = {
    'database-network.yaml': databaseNetwork(overlay, inputs.databaseCidr),
    ...(lists(kustomization, 'components', loadBalancer) && {
      [loadBalancerPatch]: loadBalancerNetwork(inputs.publicCidr),
      'kustomization.yaml': withPatch(kustomization),
    }),
  };
  const changed = Object.entries(texts).filter(([file, text]) => read(overlay, file) !== text);
  for (const [file, text] of changed) writeFileSync(join(overlay, file), text);
  return changed.map(([file]) => file);
}

function read(overlay: string, file: string): string | undefined {
  const path = join(overlay, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function readYaml(overlay: string, file: string): Document {
  const text = read(overlay, file);
  if (text === undefined) throw new Error(`${join(overlay, file)} is missing: is that an overlay?`);
  return parseDocument(text);
}

const yaml = (document: Document) => document.toString({ lineWidth: 0, indentSeq: true });

function databaseNetwork(overlay: string, cidr: string): string {
  const file = 'database-network.yaml';
  const document = readYaml(overlay, file);
  const path = ['spec', 'egress', 0, 'to', 0, 'ipBlock', 'cidr'];
  if (!document.hasIn(path))
    throw new Error(
      `${join(overlay, file)} has no ${path.join('.')}: the way to the database, which is to be set.`,
    );
  document.setIn(path, cidr);
  return yaml(document);
}

function lists(kustomization: Document, key: string, entry: string): boolean {
  const list = kustomization.get(key);
  return isSeq(list) && (list.toJSON() as unknown[]).includes(entry);
}

/** Over the policy of the component, which several overlays may take. */
function loadBalancerNetwork(cidr: string): string {
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'todo-api-from-load-balancer', namespace: 'todo-api' },
    spec: { ingress: [{ from: [{ ipBlock: { cidr } }], ports: [{ protocol: 'TCP', port: 'http' }] }] },
  };
  return `# The public subnets of this environment, by make overlay-inputs.\n${stringify(policy)}`;
}

function withPatch(kustomization: Document): string {
  const patches = (kustomization.toJS() as { patches?: readonly { path?: string }[] }).patches ?? [];
  if (!patches.some(({ path }) => path === loadBalancerPatch)) {
    if (patches.length === 0) kustomization.set('patches', [{ path: loadBalancerPatch }]);
    else kustomization.addIn(['patches'], kustomization.createNode({ path: loadBalancerPatch }));
  }
  return yaml(kustomization);
}
