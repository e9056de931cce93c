/**
 * Values at and over the borders of what the OpenAPI document says of each parameter and member of a body. The document
 * is made from the schemas, so that a new member has its values here, or is told of as one that nothing can make.
 */
import type { OpenApiDocument } from '../../src/openapi/document.ts';
import { randomOf } from '../fuzz/generate.ts';

/** The part of a JSON Schema that is read. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maximum?: number;
}
interface Parameter {
  readonly $ref?: string;
  readonly in: string;
  readonly name: string;
  readonly schema: Schema;
}
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/**
 * Characters of one code point and seldom refused; some are two UTF-16 units, or change when they are
 * composed.
 */
const plain = [...'aZ7é字🦊𝒳', '\u0301', 'ﬁ', 'K', 'İ', 'ß'];
/** Characters that databases, parsers and terminals read as something else. */
const odd = [
  ...[...' \t\n\r\0"\'\\,{}()[]%_?$:;&+#/|*<>!~-'],
  ...['\ud800', '\udc00', '\u00a0', '\u00ad', '\u200b', '\u200d', '\u202e', '\u2028', '\u2066', '\ufe0f'],
  ...['\ufeff', '\ufffd', '\uffff', '\u0085', '\u007f', '\u0344', '\ufb2c', '\u1100\u1161', '\u{e0001}'],
];
const words = [
  ...['', 'NULL', 'null', '{}', '{a,b}', '{"a"}', '""', '\\', '\\N', '\\x00', "'; select 1; --", "it's"],
  ...[
    '$1',
    '?',
    '??',
    ':id',
    '%s',
    '__proto__',
    'constructor',
    'true',
    '0',
    '-1',
    '1e3',
    'infinity',
    'or',
    '-',
  ],
  ...['"', '-"', 'a or -b', '"a b', 'é', 'e\u0301', ' x ', '👩\u200d🚀'],
];
const json = [null, 0, -0, 1.5, 1e21, 2 ** 53, true, '', '1', 'null', [], [[]], [null], {}, { a: 1 }];
const numerals = [
  ...[
    '0',
    '1',
    '2',
    '20',
    '99',
    '',
    '-1',
    '+1',
    '01',
    '001',
    '0001',
    '1.0',
    '1e1',
    ' 1',
    '1 ',
    '1\n',
    '٣',
    '１',
  ],
  ...['0x1', '1_0', 'NaN', 'null', '[]', '9223372036854775808', '1,2'],
];
const domainLabels = [
  ...[
    'example',
    'Example',
    'bücher',
    'bu\u0308cher',
    'xn--bcher-kva',
    'XN--BCHER-KVA',
    'рф',
    '日本',
    'مثال',
    'ß',
  ],
  ...[
    'ς',
    'K',
    'ﬁ',
    'a\u200db',
    'a\u00adb',
    'xn--',
    'xn--a',
    'xn--zz99',
    'a_b',
    '-a',
    'a-',
    'a--b',
    '127',
    '१',
    '',
  ],
  ...['a'.repeat(63), 'a'.repeat(64), 'ü'.repeat(30), 'ü'.repeat(60), 'a'.repeat(200), 'ex%61mple', 'a b'],
];
const localParts = [
  ...[
    'a',
    'A.b',
    'a+b',
    '_',
    "o'neil",
    '-',
    'a'.repeat(58),
    'a'.repeat(59),
    '.a',
    'a..b',
    'a.',
    'ä',
    '"q"',
    'a b',
    '',
  ],
];
/** Header values of any byte that HTTP takes; the client leaves out blanks at their ends. */
const fieldValues = [
  '',
  '*',
  '""',
  '"1"',
  'x',
  ',',
  '\t',
  ' ',
  '\x80\xff',
  'é',
  '%00',
  "'",
  '\\',
  '{}',
  '\x7f\u00ad',
];
const tags = [
  ...[
    '0',
    '1',
    '01',
    '+1',
    '-1',
    '1.0',
    '1e0',
    '0x1',
    '',
    '999999999',
    '1000000000',
    '2147483647',
    '2147483648',
  ],
  ...[
    '4294967297',
    '9223372036854775807',
    '9223372036854775808',
    '9'.repeat(400),
    'NaN',
    'null',
    "'",
    '\\',
    '{1}',
  ],
];

/** Makes values by a seed, and keeps account of the parts of the API for which it did. */
export function createValues(document: OpenApiDocument, seed: number) {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <Value>(values: readonly Value[]) => values[below(values.length)] as Value;
  const several = <Value>(max: number, make: () => Value) => Array.from({ length: below(max + 1) }, make);
  const digits = (count: number, alphabet = '0123456789') =>
    Array.from({ length: count }, () => pick([...alphabet])).join('');

  const { paths = {}, components = {} } = document as unknown as {
    paths: Record<string, Record<string, Operation>>;
    components: Record<string, Record<string, unknown>>;
  };
  const resolved = <Node extends { $ref?: string }>(node: Node): Node => {
    const [, , kind = '', name = ''] = node.$ref?.split('/') ?? [];
    return node.$ref === undefined ? node : (components[kind]?.[name] as Node);
  };
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const bodyOf = ({ requestBody }: Operation): Schema | undefined => {
    const [media] = Object.values(requestBody?.content ?? {});
    return media && resolved(media.schema);
  };
  /** Headers are the same wherever they are taken. */
  const partsOf = (operation: Operation) => [
    ...operation.parameters
      .map(resolved)
      .map(({ in: place, name }) => (place === 'header' ? name : `${operation.operationId} ${name}`)),
    ...Object.keys(bodyOf(operation)?.properties ?? {}).map((name) => `${operation.operationId} ${name}`),
  ];
  const made = new Set<string>();

  /** Lengths count code points. */
  function text({ minLength = 0, maxLength = 300 }: Schema): string {
    if (below(4) === 0) return pick(words);
    const length = pick([minLength - 1, minLength, 1, 3, 12, 20, maxLength - 1, maxLength, maxLength + 1]);
    const characters = Array.from({ length: Math.max(length, 0) }, () => pick(plain));
    for (let n = pick([0, 0, 0, 1, 3]); n > 0; n -= 1) characters[below(characters.length)] = pick(odd);
    return characters.join('');
  }
  function time(): string {
    const two = (limit: number) => String(below(limit)).padStart(2, '0');
    const fraction = digits(pick([0, 1, 3, 6, 7, 9, 300]), pick(['0', '9', '0123456789']));
    const day = `${pick(['0000', '1969', '1970', '2026', '9999', '+12026'])}-${pick(['01', '02', '12'])}-${pick(['01', '29', '31'])}`;
    const offset = pick(['Z', 'z', '+15:59', '-15:59', '-00:00', '+16:00', '']);
    return `${day}${pick(['T', 'T', 'T', ' '])}${pick(['00', '23', two(24), '24'])}:${two(60)}:${pick(['00', '59', two(60), '60'])}${fraction && '.'}${fraction}${offset}`;
  }
  function uuid(): string {
    const nibbles = digits(30, '0123456789abcdef');
    const id = `${nibbles.slice(0, 8)}-${nibbles.slice(8, 12)}-${pick([...'0123456789abcdef'])}${nibbles.slice(12, 15)}-${pick([...'0789abcdef'])}${nibbles.slice(15, 18)}-${nibbles.slice(18)}`;
    const nil = '00000000-0000-0000-0000-000000000000';
    return pick(
      [id, id, id.toUpperCase(), nil, nil.replaceAll('0', 'f'), nil.replaceAll('0', 'F'), `{${id}}`].concat([
        id.replaceAll('-', ''),
        `urn:uuid:${id}`,
        `${id} `,
        id.slice(1),
        `${id}0`,
        '',
        'null',
      ]),
    );
  }
  const email = () => {
    const parts = [pick(domainLabels), ...several(2, () => pick(domainLabels))];
    const domain = [...parts, pick(['example', 'com', 'рф', 'XN--P1AI', 'c', '1', 'भारत'])].join(
      pick([...'...。．']),
    );
    return `${pick(localParts)}${digits(6)}${pick(['@', '@', '@', '@@', ''])}${domain}`;
  };
  const tag = () => `${pick(['', '', 'W/', 'w/'])}"${pick(tags)}"`;
  const field = () =>
    several(4, () => pick([...fieldValues, text({ maxLength: 9 })]))
      .join('')
      .replace(/[^\t\x20-\x7e\x80-\xff]/g, 'x');
  const entityTags = () =>
    pick([
      several(5, tag).join(pick([',', ', ', ' ,\t', ',,', ' '])),
      several(5, tag).join(', '),
      field(),
      '*',
      '* ',
    ]);

  /** Values by name, where the schema says less than the name. */
  const byName: Readonly<Record<string, () => string>> = {
    'If-Match': entityTags,
    'If-None-Match': entityTags,
    'Idempotency-Key': () => pick([field(), `${digits(12)}${field()}`, digits(pick([1, 254, 255, 256]))]),
    'X-Request-Id': () => pick([field(), digits(pick([1, 127, 128, 129]), 'aZ9.-_')]),
    traceparent: () =>
      pick([field(), `00-${digits(32, '0a')}-${digits(16, '0a')}-${pick(['00', '01', 'ff', 'x'])}`]),
    cursor: () => cursor(pick([['created_at', time(), uuid()], ['event', uuid()], []])),
  };
  const byFormat: Readonly<Record<string, () => string>> = { 'date-time': time, uuid, 'idn-email': email };

  function items({ items: item = {}, maxItems = 100 }: Schema): unknown[] {
    const length = pick([0, 1, 2, 3, maxItems - 1, maxItems, maxItems + 1]);
    const found = Array.from({ length }, () => value(item));
    const [first] = found;
    // The same in another spelling is no other one.
    return typeof first === 'string' && below(5) === 0
      ? [...found, ` ${first.normalize('NFD')}\u200b`]
      : found;
  }

  function value(given: Schema, name = ''): unknown {
    const schema = resolved(given);
    const make = byName[name] ?? byFormat[schema.format ?? ''];
    if (make) return make();
    if (schema.anyOf) return value(pick(schema.anyOf), name);
    if (schema.enum)
      return pick([
        ...schema.enum,
        ...schema.enum,
        String(pick(schema.enum)).toUpperCase(),
        `${pick(schema.enum)} `,
        ...words.slice(0, 2),
      ]);
    const { type = '', format } = schema;
    if (type === 'null') return null;
    if (type === 'array') return items(schema);
    if (type === 'object')
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([member, its]) => [member, value(its, member)]),
      );
    if (type === 'integer')
      return pick([...numerals, String(schema.maximum), String((schema.maximum ?? 0) + 1)]);
    if (type === 'string' && format === undefined) return text(schema);
    throw new Error(`No value can be made of ${name || 'an item'}: ${JSON.stringify(schema)}`);
  }

  /** `position` as a cursor has it, mostly. */
  function cursor(position: readonly unknown[]): string {
    const changed = [...position];
    for (let n = pick([0, 1, 1, 2]); n > 0; n -= 1)
      changed[below(position.length + 1)] = pick([
        ...json,
        uuid(),
        time(),
        text({ maxLength: 9 }),
        pick(words),
        'priority',
        '-due_at',
        'high',
      ]);
    const written = JSON.stringify(
      pick([changed, changed, changed, changed.toReversed(), changed.slice(1), { ...changed }, changed[0]]),
    );
    const encoded = Buffer.from(
      pick([written, written, written, `${written} `, written?.slice(1)]) ?? '',
    ).toString(pick(['base64url', 'base64url', 'base64url', 'base64', 'hex']));
    return pick([
      encoded,
      encoded,
      encoded,
      `${encoded}=`,
      `${encoded}A`.repeat(40).slice(0, pick([500, 501])),
    ]);
  }

  const operationOf = (id: string) => {
    const operation = operations.find(({ operationId }) => operationId === id);
    if (!operation) throw new Error(`The document has no operation ${id}`);
    return operation;
  };

  return {
    pick,
    below,
    cursor,
    /** All parts that a client sends, and those for which a value was made. */
    parts: [...new Set(operations.flatMap(partsOf))],
    made,
    parameter(operation: string, name: string): string {
      const found = operationOf(operation)
        .parameters.map(resolved)
        .find((parameter) => parameter.name === name);
      if (!found) throw new Error(`${operation} takes no ${name}`);
      made.add(found.in === 'header' ? name : `${operation} ${name}`);
      return String(value(found.schema, name));
    },
    /**
     * A body of an operation: now and then without a member, or with one more, or one of another type.
     * @param takes whether a value is good for a member; others come seldom, so that most bodies have one at most
     */
    body(operation: string, takes: (member: string, value: unknown) => boolean): Record<string, unknown> {
      const { properties = {}, required = [] } = bodyOf(operationOf(operation)) ?? {};
      const body: [string, unknown][] = [];
      for (const [member, schema] of Object.entries(properties)) {
        made.add(`${operation} ${member}`);
        if (below(required.includes(member) ? 40 : 2) === 0) continue;
        let its = below(40) === 0 ? pick(json) : value(schema, member);
        while (!takes(member, its) && below(15) > 0) its = value(schema, member);
        body.push([member, its]);
      }
      if (below(40) === 0) body.push([pick(words), pick(json)]);
      return Object.fromEntries(body);
    },
  };
}
