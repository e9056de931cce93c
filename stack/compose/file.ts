/** The parts of stack/compose.yaml that the commands go by. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { parse } from 'yaml';

export const composeFile = join(checkout, 'stack/compose.yaml');

/** A port of 127.0.0.1, and the setting that moves it. */
export interface PublishedPort {
  readonly setting: string;
  readonly default: number;
  readonly container: number;
}

export interface ComposeService {
  readonly name: string;
  /** Its part of the stack, for `COMPONENTS=`. */
  readonly group: string;
  readonly summary: string;
  readonly ports: readonly PublishedPort[];
  /** Whether it runs once, to exit code 0: others wait for its end, or nobody restarts it. */
  readonly isTask: boolean;
  /** The most memory it may take, in bytes. */
  readonly memory: number;
  /** Bytes of memory that it takes in use; known by measuring or by reading. */
  readonly needed: number;
  readonly dependsOn: readonly string[];
  /** The service as the file has it: with variables, before anything is filled in. */
  readonly raw: RawService;
}

/** A service as it is written, anchors resolved. */
export interface RawService {
  readonly image: string;
  readonly profiles: readonly string[];
  readonly mem_limit: string;
  readonly 'x-needs': { readonly memory: string; readonly known: 'measured' | 'read' };
  readonly build?: object;
  readonly 'x-summary': string;
  readonly 'x-task'?: boolean;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, object | null>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly volumes?: readonly (
    | string
    | { readonly type: string; readonly source: string; readonly target: string }
  )[];
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
  readonly [key: string]: unknown;
}

export interface RawFile {
  readonly services: Readonly<Record<string, RawService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, object | null>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** @param text of the file, when it is not the one of this checkout */
export function readRawFile(text = readFileSync(composeFile, 'utf8')): RawFile {
  // The file is ours: its aliases are many, and no attack.
  return parse(text, { merge: true, maxAliasCount: -1 }) as RawFile;
}

/** The services, in the order of the file. @throws Error when one lacks what every one of them says */
export function readServices(): readonly ComposeService[] {
  return Object.entries(readRawFile().services).map(([name, raw]) => ({
    name,
    group: raw.profiles[0] ?? '',
    summary: raw['x-summary'],
    ports: (raw.ports ?? []).map((text) => portIn(name, text)),
    isTask: raw['x-task'] === true,
    memory: bytesIn(name, raw.mem_limit),
    needed: bytesIn(name, raw['x-needs'].memory),
    dependsOn: Object.keys(raw.depends_on ?? {}),
    raw,
  }));
}

function portIn(service: string, text: string): PublishedPort {
  const [, setting = '', fallback = '', container = ''] =
    /^127\.0\.0\.1:\$\{(\w+):-(\d+)\}:(\d+)$/.exec(text) ?? [];
  if (setting === '')
    throw new Error(
      `compose.yaml: ${service} publishes ${text}; it has to be 127.0.0.1:\${SETTING:-PORT}:PORT.`,
    );
  return { setting, default: Number(fallback), container: Number(container) };
}

function bytesIn(service: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([mg])$/.exec(text) ?? [];
  if (number === '')
    throw new Error(`compose.yaml: the memory of ${service} is ${text}; it takes 64m or 1g.`);
  return Number(number) * 2 ** (unit === 'g' ? 30 : 20);
}
