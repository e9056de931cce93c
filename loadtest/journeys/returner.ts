/** Logs in, looks, and logs out; its client verifies tokens by itself. */
import { call, think } from '../k6/api.ts';
import { journey } from '../k6/journey.ts';
import { logIn, refresh } from '../k6/users.ts';

export const returner = journey((user) => {
  call('getKeySet', 200);
  const session = logIn(user);
  call('listTodos', 200, { token: session.accessToken, query: 'status=open' });
  think();
  const { accessToken } = refresh(session);
  call('logOut', 204, { token: accessToken });
});
