import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { wrongDeclarations } from '../declarations.ts';
import { readFolders } from '../hcl.ts';
import { withReference, written } from '../reference.ts';
import { terraformFolder } from '../terraform.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-hcl-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const sound = {
  'modules/network/variables.tf': `variable "cidr" {
  description = "The addresses."
  type        = string
}

variable "zones" {
  description = "A \\"zone\\" each | or more."
  type = object({
    names = list(string)
    count = optional(number, 3)
  })
  default = {
    names = ["a", "b"]
  }
}
`,
  'modules/network/main.tf': 'resource "aws_vpc" "this" {\n  cidr_block = var.cidr\n  tags = var.zones\n}\n',
  'modules/network/outputs.tf':
    'output "vpc_id" {\n  description = "The VPC."\n  value       = aws_vpc.this.id\n}\n',
  'environments/staging/variables.tf':
    'variable "cidr" {\n  description = "The addresses."\n  type        = string\n}\n',
  'environments/staging/main.tf':
    'module "network" {\n  source = "../../modules/network"\n\n  cidr = var.cidr\n}\n',
  'environments/staging/outputs.tf':
    'output "vpc" {\n  description = "The VPC."\n  value       = module.network.vpc_id\n}\n',
};

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const wrong = (readme = 'The output `vpc` is the VPC.') => wrongDeclarations(readFolders(root), readme);

test('a folder in which everything is described and used is taken', () => {
  write(sound);
  expect(wrong()).toEqual([]);
});

test.each([
  [
    'a variable without a description',
    'environments/staging/variables.tf',
    'variable "cidr" {\n  type = string\n}\n',
    'environments/staging: variable cidr has no description',
  ],
  [
    'a variable without a type',
    'environments/staging/variables.tf',
    'variable "cidr" {\n  description = "The addresses."\n}\n',
    'environments/staging: variable cidr has no type',
  ],
  [
    'a variable that only its own validation reads',
    'environments/staging/variables.tf',
    `${sound['environments/staging/variables.tf']}
variable "cid" {
  description = "A part of the name of another."
  type        = string

  validation {
    condition     = var.cid != ""
    error_message = "It is empty."
  }
}
`,
    'environments/staging: nothing uses variable cid',
  ],
  [
    'an output without a description',
    'modules/network/outputs.tf',
    'output "vpc_id" {\n  value = aws_vpc.this.id\n}\n',
    'modules/network: output vpc_id has no description',
  ],
  [
    'an output that no caller reads',
    'environments/staging/outputs.tf',
    'output "vpc" {\n  description = "The VPC."\n  value       = module.other.vpc_id\n}\n',
    'modules/network: no caller uses output vpc_id',
  ],
])('%s is found', (_, path, text, sentence) => {
  write({ ...sound, [path]: text });
  expect(wrong()).toEqual([sentence]);
});

test('an output of what is applied by hand has to be in the README', () => {
  write(sound);
  expect(wrong('Nothing about it, but vpc_id.')).toEqual([
    'environments/staging: README.md does not say what output vpc is for',
  ]);
});

describe('the reference', () => {
  const readme = '# a\n<!-- make generate: from here -->\nold\n<!-- make generate: to here -->\nb\n';

  test('has each input with its type and default, also when they take several lines', () => {
    write(sound);
    const text = withReference(readme, readFolders(root));
    expect(text).toContain('| `cidr` | `string` | must be given | The addresses. |');
    expect(text).toContain(
      '| `zones` | `object({ names = list(string) count = optional(number, 3) })` | `{ names = ["a", "b"] }` | A "zone" each \\| or more. |',
    );
    expect(text).toContain('| `vpc_id` | The VPC. |');
  });

  test('is the same when it is made again, and what somebody wrote stays', () => {
    write(sound);
    const text = withReference(readme, readFolders(root));
    expect(withReference(text, readFolders(root))).toBe(text);
    expect(written(text)).toBe('# a\n<!-- make generate: to here -->\nb\n');
  });

  test('says so when it has lost its place', () => {
    expect(() => withReference('# a\n', [])).toThrow('has lost the lines');
  });
});

test('the costs in the README are what their arithmetic says', () => {
  const readme = written(readFileSync(join(terraformFolder, 'README.md'), 'utf8'));
  const tables = readme.split(/^\| (?=Staging|Production)/m).slice(1);
  expect(tables).toHaveLength(2);
  for (const table of tables) {
    const rows = [...table.matchAll(/^\| [^|]+ \| ([\d. ×]+) \| ([\d.]+) \|$/gm)];
    const costs = rows.map(([, factors = '', cost]) => {
      expect(factors.split('×').reduce((product, factor) => product * Number(factor), 1)).toBeCloseTo(
        Number(cost),
        2,
      );
      return Number(cost);
    });
    const sum = /\*\*Sum\*\* \| \| \*\*([\d.]+)\*\*/.exec(table)?.[1];
    expect(costs.reduce((total, cost) => total + cost, 0)).toBeCloseTo(Number(sum), 2);
    expect(rows.length).toBeGreaterThan(5);
  }
});
