import { isDeepStrictEqual } from 'node:util';
import type { CaughtAlert } from '@sightline/monitoring/webhook/notification.ts';
import { waitFor } from '@sightline/servers/readiness.ts';

/** The notifications that Alertmanager sends to a stack's webhook. */
export interface Notifications {
  /**
   * Waits until the alert was notified with exactly its labels.
   * @param seconds from now until it throws
   * @param further labels beside those that all have
   */
  await(
    alertname: string,
    status: CaughtAlert['status'],
    seconds: number,
    further?: Readonly<Record<string, string>>,
  ): Promise<void>;
}

/** @param labels that all awaited alerts have beside their names */
export function notificationsOf(webhookUrl: string, labels: Readonly<Record<string, string>>): Notifications {
  return {
    async await(alertname, status, seconds, further = {}) {
      const wanted = { alertname, ...labels, ...further };
      const isThere = async () => {
        const response = await fetch(`${webhookUrl}/alerts`, { signal: AbortSignal.timeout(60_000) });
        // The newest first: an earlier one may have been resolved.
        const newest = ((await response.json()) as readonly CaughtAlert[]).find((alert) =>
          isDeepStrictEqual({ ...alert.labels }, wanted),
        );
        return newest?.status === status;
      };
      const what = `The webhook was not told that ${alertname} is ${status}, with the labels ${JSON.stringify(wanted)},`;
      await waitFor(isThere, seconds, what);
      console.error(`${alertname} is ${status}, and the webhook was told so`);
    },
  };
}
