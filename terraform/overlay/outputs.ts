/** The outputs of an environment that the overlay gets. */
export interface OverlayInputs {
  /** The network of all database subnets. */
  readonly databaseCidr: string;
  /** The network of all public subnets, where load balancers are. */
  readonly publicCidr: string;
}

const network = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\/)|(?=\/))){4}\/(?:[12]?\d|3[0-2])$/;

/** @throws Error with a sentence when it is not what `terraform output -json` says of an environment */
export function readOutputs(json: string): OverlayInputs {
  let outputs: { overlay_inputs?: { value?: Record<string, unknown> } };
  try {
    outputs = JSON.parse(json);
  } catch {
    throw new Error('The outputs are no JSON. Give what terraform output -json says.');
  }
  const values = outputs?.overlay_inputs?.value;
  if (values === undefined || values === null)
    throw new Error(
      'There is no output overlay_inputs. Has the environment been applied? terraform apply first.',
    );
  return { databaseCidr: cidr(values, 'database_cidr'), publicCidr: cidr(values, 'public_cidr') };
}

function cidr(values: Record<string, unknown>, name: string): string {
  const value = values[name];
  if (typeof value === 'string' && network.test(value)) return value;
  throw new Error(`The output overlay_inputs.${name} is ${JSON.stringify(value)}, which is no IPv4 network.`);
}
