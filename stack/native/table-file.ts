import { pathToFileURL } from 'node:url';
import type { ComponentTable } from './component.ts';

/** The table of components: the stack's own, or the module that `STACK_TABLE` names (the supervisor's tests do). */
export async function loadTable(): Promise<ComponentTable> {
  const file = process.env['STACK_TABLE'];
  const module = (await import(file ? pathToFileURL(file).href : './components.ts')) as {
    table: ComponentTable;
  };
  return module.table;
}
