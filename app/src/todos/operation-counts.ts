import type { Labels, Metrics } from '@sightline/telemetry/metrics.ts';
import { Problem } from '../http/problem.ts';
import type { TodoService } from './service.ts';

type Operation = Labels<'todo_operations_total'>['operation'];

const outcomeOf = (error: unknown) =>
  error instanceof Problem && error.status < 500 ? ('refused' as const) : ('failed' as const);

/** The same service, which counts how each operation ends. */
export function countOperations(service: TodoService, metrics: Metrics): TodoService {
  const counted =
    <Arguments extends readonly unknown[], Result>(
      operation: Operation,
      run: (...given: Arguments) => Promise<Result>,
    ) =>
    async (...given: Arguments): Promise<Result> => {
      try {
        const result = await run(...given);
        metrics.count('todo_operations_total', { operation, outcome: 'success' });
        return result;
      } catch (error) {
        metrics.count('todo_operations_total', { operation, outcome: outcomeOf(error) });
        throw error;
      }
    };
  return {
    create: counted('create', service.create),
    createAll: counted('create_batch', service.createAll),
    get: counted('get', service.get),
    list: counted('list', service.list),
    update: counted('update', service.update),
    delete: counted('delete', service.delete),
    restore: counted('restore', service.restore),
    history: counted('history', service.history),
  };
}
