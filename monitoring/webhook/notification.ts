/** One alert of a notification, as it is kept and shown. Times are ISO 8601. */
export interface CaughtAlert {
  receivedAt: string;
  receiver: string;
  status: 'firing' | 'resolved';
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  startsAt: string;
  endsAt: string;
  fingerprint: string;
}

/** The body is not what Alertmanager sends; the message says where. */
export class NotificationError extends Error {}

/** The alerts of what Alertmanager posts (its webhook format, version 4). Throws a `NotificationError` for anything else. */
export function readNotification(body: string, receivedAt: Date): CaughtAlert[] {
  const { receiver, alerts } = asObject(parse(body), 'The body');
  if (typeof receiver !== 'string' || !Array.isArray(alerts))
    throw new NotificationError(
      'The body is not a notification of Alertmanager: it has no "receiver" or no list of "alerts".',
    );
  return alerts.map((value, index) => {
    const where = `alerts[${index}]`;
    const { status, labels, annotations, startsAt, endsAt, fingerprint } = asObject(value, where);
    if (status !== 'firing' && status !== 'resolved')
      throw new NotificationError(`${where}.status is neither "firing" nor "resolved".`);
    return {
      receivedAt: receivedAt.toISOString(),
      receiver,
      status,
      labels: texts(labels, `${where}.labels`),
      annotations: texts(annotations, `${where}.annotations`),
      startsAt: String(startsAt),
      endsAt: String(endsAt),
      fingerprint: String(fingerprint),
    };
  });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new NotificationError('The body is not JSON.');
  }
}

function asObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new NotificationError(`${where} is not an object.`);
  return value as Record<string, unknown>;
}

function texts(value: unknown, where: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asObject(value ?? {}, where)).map(([name, text]) => [name, String(text)]),
  );
}
