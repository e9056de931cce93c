/** The life of one todo, from its creation to its deletion. */
import { type Answer, bodyOf, call, think } from '../k6/api.ts';
import { journey } from '../k6/journey.ts';

const versionOf = (answer: Answer) => ({ 'If-Match': answer.headers['Etag'] ?? '' });

export const worker = journey(({ token }) => {
  const created = call('createTodo', 201, { token, json: { title: 'Write the runbook', labels: ['docs'] } });
  const { id } = bodyOf<{ id: string }>(created);
  think();
  const edited = call('updateTodo', 200, {
    token,
    id,
    headers: versionOf(created),
    json: { priority: 'high', status: 'in_progress' },
  });
  think();
  call('updateTodo', 200, { token, id, headers: versionOf(edited), json: { status: 'done' } });
  call('getTodoHistory', 200, { token, id });
  think();
  call('deleteTodo', 204, { token, id });
  think();
  call('restoreTodo', 200, { token, id });
  think();
  call('deleteTodo', 204, { token, id });
});
