/** Signs up, looks around, and leaves for good. */
import { anyTestAddress } from '../k6/addresses.ts';
import { call, comeFrom, think } from '../k6/api.ts';
import { journey } from '../k6/journey.ts';
import { changePassword, endOther, erase, logIn, refresh, register } from '../k6/users.ts';

export const newcomer = journey(() => {
  comeFrom(anyTestAddress());
  let { credentials } = register();
  let session = logIn(credentials);
  try {
    call('getCurrentUser', 200, { token: session.accessToken });
    think();
    call('createTodo', 201, { token: session.accessToken, json: { title: 'Look around' } });
    think();
    session = refresh(session);
    call('listTodos', 200, { token: session.accessToken });
    think();
    endOther(credentials, session);
    credentials = changePassword(credentials, session);
  } finally {
    erase(credentials, session);
  }
});
