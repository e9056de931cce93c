/** Reads Logstash's configuration language, as far as the pipelines of this repository use it. */

export type Value = string | number | Value[] | { [key: string]: Value };

export interface Plugin {
  readonly section: string;
  readonly name: string;
  readonly settings: Readonly<Record<string, Value>>;
  /** The conditions around it, outermost first, as they are written. */
  readonly conditions: readonly string[];
}

/** @throws Error that shows the place where the text is none */
export function parseLogstash(text: string): Plugin[] {
  const tokens = tokenise(text);
  const plugins: Plugin[] = [];
  let at = 0;

  const fail = (wanted: string): never => {
    throw new Error(
      `Expected ${wanted}, found ${tokens[at] ?? 'the end'} after ${tokens.slice(Math.max(0, at - 5), at).join(' ')}`,
    );
  };
  const take = (wanted: string) => {
    if (tokens[at] !== wanted) fail(wanted);
    at += 1;
  };
  const word = () => {
    const token = tokens[at] ?? '';
    if (!/^\w+$/.test(token)) fail('a name');
    at += 1;
    return token;
  };

  function value(): Value {
    const token = tokens[at] ?? fail('a value');
    at += 1;
    if (token === '[') {
      const items: Value[] = [];
      while (tokens[at] !== ']') {
        items.push(value());
        if (tokens[at] !== ']') take(',');
      }
      take(']');
      return items;
    }
    if (token === '{') {
      const members: Record<string, Value> = {};
      while (tokens[at] !== '}') {
        const key = String(value());
        take('=>');
        members[key] = value();
      }
      take('}');
      return members;
    }
    if (/^["']/.test(token)) return token.slice(1, -1);
    if (/^-?\d+(\.\d+)?$/.test(token)) return Number(token);
    if (!/^\w+$/.test(token)) fail('a value');
    return token;
  }

  function block(section: string, conditions: readonly string[]): void {
    take('{');
    while (tokens[at] !== '}') {
      const name = word();
      if (name === 'if') {
        const start = at;
        while (at < tokens.length && tokens[at] !== '{') at += 1;
        block(section, [...conditions, tokens.slice(start, at).join('')]);
        continue;
      }
      take('{');
      const settings: Record<string, Value> = {};
      while (tokens[at] !== '}') {
        const setting = word();
        if (setting in settings) throw new Error(`${name} has ${setting} twice.`);
        take('=>');
        settings[setting] = value();
      }
      take('}');
      plugins.push({ section, name, settings, conditions });
    }
    take('}');
  }

  while (at < tokens.length) {
    const section = word();
    if (!['input', 'filter', 'output'].includes(section)) throw new Error(`There is no section ${section}.`);
    block(section, []);
  }
  return plugins;
}

function tokenise(text: string): string[] {
  const token = /\s+|#.*|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|=>|[{}[\],!]|-?\d+(?:\.\d+)?(?!\w)|\w+)/y;
  const tokens: string[] = [];
  while (token.lastIndex < text.length) {
    const { lastIndex } = token;
    const match = token.exec(text);
    if (match === null) throw new Error(`Not a token: ${text.slice(lastIndex, lastIndex + 40)}`);
    if (match[1] !== undefined) tokens.push(match[1]);
  }
  return tokens;
}
