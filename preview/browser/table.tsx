import { tableOf } from '../model/table.ts';
import { fieldFor, shownValue } from '../model/values.ts';
import { cssColour } from './colours.ts';
import { DataLinks } from './data-links.tsx';
import type { DrawProps } from './draw.ts';
import { Scroll } from './scroll.tsx';

export function Table({ panel, answers, range, variables }: DrawProps) {
  const { columns, rows } = tableOf(panel, answers);
  const isNumber = (column: string) => rows.some((row) => typeof row[column] === 'number');
  return (
    <Scroll class="table-panel" label={`Table: ${panel.title}`}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" class={isNumber(column) ? 'number' : ''}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column) => {
                const cell = row[column];
                const field = fieldFor(panel, column);
                const shown =
                  typeof cell === 'number'
                    ? shownValue(cell, field, range.to)
                    : { text: cell ?? '', colour: undefined };
                return (
                  <td
                    key={column}
                    class={typeof cell === 'number' ? 'number' : ''}
                    style={field.colouredText ? { color: cssColour(shown.colour) } : {}}
                  >
                    <div class="cell">
                      <DataLinks links={field.links} context={{ variables, range, row }} text={shown.text} />
                    </div>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
