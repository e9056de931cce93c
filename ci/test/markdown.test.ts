import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { filesOf } from '../files.ts';

/** Columns that a line of a README has at most, outside of tables and code; where a link leads is not counted. */
const columns = 120;

interface Line {
  readonly at: string;
  readonly line: string;
}

/** The lines of a page that are not in a block of code, each with where it stands. */
function proseOf(path: string): readonly Line[] {
  let fenced = false;
  return readFileSync(join(checkout, path), 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const isFence = line.trimStart().startsWith('```');
      if (isFence) fenced = !fenced;
      return fenced || isFence ? [] : [{ at: `${path}:${index + 1}`, line }];
    });
}

const pages = filesOf(['*.md']);
const withoutTargets = (line: string) => line.replaceAll(/\]\([^)]*\)/g, ']');

/** The headings of a page as GitHub makes them the targets of links. */
const anchorsOf = (path: string): readonly string[] =>
  proseOf(path)
    .filter(({ line }) => /^#+ /.test(line))
    .map(({ line }) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );

test(`no line of a README is wider than ${columns} columns, outside of tables and code`, () => {
  const wide = pages
    .filter((path) => basename(path) === 'README.md')
    .flatMap(proseOf)
    .filter(({ line }) => !/^\s*\|/.test(line) && withoutTargets(line).length > columns);
  expect(wide.map(({ at }) => at)).toEqual([]);
});

test('every link from a page to a file or a heading of this repository leads there', () => {
  const broken = pages.flatMap((path) =>
    proseOf(path).flatMap(({ at, line }) =>
      [...line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
        .filter(([, file = '', anchor]) => {
          const target = file === '' ? path : join(dirname(path), file);
          return (
            !existsSync(join(checkout, target)) ||
            (anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor))
          );
        })
        .map(([link]) => `${at} ${link}`),
    ),
  );
  expect(broken).toEqual([]);
});

test('README.md says where each of the ten questions is answered', () => {
  const [, links = ''] = readFileSync(join(checkout, 'README.md'), 'utf8').split('## Ten links\n');
  const [table = ''] = links.split(/^## /m);
  expect(table.match(/^\| .*\]\(/gm)).toHaveLength(10);
});
