/**
 * `node e2e/docker/follow-request.ts`: where does one request go? The id in the header of its answer finds its line in Kibana,
 * which Filebeat read and Logstash sent on, and the line's trace.id its trace in Jaeger, itself and by way of Grafana. On the
 * stack that runs by Docker, with traces: make up STACK=docker COMPONENTS=core,metrics,logs,traces. API_URL, JAEGER_URL, and
 * those of grafana-check.ts and kibana-check.ts.
 */
import { dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { stackInDocker } from '../verify/stack-in-docker.ts';
import { type Application, applicationOf } from './answers.ts';
import { grafanaOf, kibanaApplication } from './applications.ts';

/** Filebeat looks every second, Logstash and Elasticsearch take as long again, the collector waits for the trace's end. */
const patienceSeconds = 120;

/** Digits of an id, as W3C's trace context has them. */
const tracing = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

interface Sent {
  readonly requestId: string;
  readonly traceId: string;
}

/** A request without a token: its answer, 401, is logged and traced as any other. */
async function send(apiUrl: string): Promise<Sent> {
  const answer = await fetch(`${apiUrl}/v1/todos`, { signal: AbortSignal.timeout(10_000) });
  await answer.arrayBuffer();
  const requestId = answer.headers.get('x-request-id') ?? '';
  const [, traceId = '', flags = ''] = tracing.exec(answer.headers.get('traceresponse') ?? '') ?? [];
  if (answer.status !== 401 || requestId === '')
    throw new Error(`${apiUrl}/v1/todos answered ${answer.status} with the request id "${requestId}".`);
  if (traceId === '' || (Number.parseInt(flags, 16) & 1) === 0)
    throw new Error(
      `${apiUrl}/v1/todos was answered without a trace that is kept (traceresponse: ${answer.headers.get('traceresponse')}). ` +
        'Traces are in the stack when it is started with COMPONENTS=core,metrics,logs,traces.',
    );
  return { requestId, traceId };
}

interface Line {
  readonly container?: { readonly id?: string };
  readonly log?: { readonly offset?: number };
  readonly agent?: object;
  readonly [name: string]: unknown;
}

interface Found {
  readonly hits: { readonly hits: readonly { readonly _source: Line }[] };
}

/** The lines of a request as Kibana's console finds them. */
async function linesOf(kibana: Application, requestId: string): Promise<readonly Line[]> {
  const path = encodeURIComponent(`/${dataStream}/_search?size=10`);
  const { hits } = await kibana.ask<Found>(`/api/console/proxy?method=POST&path=${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: { query_string: { query: `http.request.id:"${requestId}"` } } }),
  });
  return hits.hits.map(({ _source }) => _source);
}

interface Traces {
  readonly data: readonly {
    readonly spans: readonly { readonly traceID: string; readonly operationName: string }[];
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
  }[];
}

/** Asks until there is an answer. @throws DeadlineError with what was waited for */
async function comes<Answer>(what: string, question: () => Promise<Answer | undefined>): Promise<Answer> {
  let found: Answer | undefined;
  const isThere = async () => {
    // What starts, or is not there yet, answers with an error.
    found = await question().catch(() => undefined);
    return found !== undefined;
  };
  await waitFor(isThere, patienceSeconds, what);
  return found as Answer;
}

/** Sentences about a line that did not come by Filebeat and Logstash, or has another trace. */
function faultsOfLine(line: Line, { traceId }: Sent): string[] {
  return [
    ...(line['trace.id'] === traceId ? [] : [`its trace.id is ${line['trace.id']}, not ${traceId}`]),
    ...(line.container?.id === undefined || line.log?.offset === undefined
      ? ['it has no container.id and log.offset, which Filebeat adds']
      : []),
    ...(line.agent === undefined ? [] : ['it has `agent`, which Logstash takes away']),
  ];
}

async function follow(): Promise<void> {
  const stack = stackInDocker(stackDirectoryOf(process.env));
  const apiUrl = process.env['API_URL'] || stack?.apiUrl || 'http://127.0.0.1:3000';
  const jaeger = applicationOf(process.env, {
    name: 'JAEGER',
    defaultUrl: 'http://127.0.0.1:16686',
    defaultUser: '',
  });
  const [kibana, grafana] = [kibanaApplication(process.env), grafanaOf(process.env)];
  const sent = await send(apiUrl);
  console.log(`ok      the API answered the request ${sent.requestId} of the trace ${sent.traceId}`);

  const [line, ...more] = await comes(`Kibana does not find the line of ${sent.requestId}`, async () => {
    const lines = await linesOf(kibana, sent.requestId);
    return lines.length > 0 ? lines : undefined;
  });
  const faults = line === undefined ? [] : faultsOfLine(line, sent);
  if (more.length > 0) faults.push(`it is there ${more.length + 1} times`);
  if (faults.length > 0) throw new Error(`The line of ${sent.requestId} in Kibana: ${faults.join('; ')}.`);
  console.log('ok      Kibana finds its line, once, which Filebeat read and Logstash sent on');

  const path = `/api/traces/${sent.traceId}`;
  const ways = [
    ['Jaeger', jaeger, path],
    ['Grafana', grafana, `/api/datasources/proxy/uid/traces${path}`],
  ] as const;
  for (const [name, application, where] of ways) {
    const [trace] = await comes(`${name} does not find the trace ${sent.traceId}`, async () => {
      const { data } = await application.ask<Traces>(where);
      return data.length > 0 ? data : undefined;
    });
    const services = Object.values(trace?.processes ?? {}).map(({ serviceName }) => serviceName);
    const spans = trace?.spans.length ?? 0;
    if (spans === 0 || !services.includes('todo-api'))
      throw new Error(
        `${name} has the trace ${sent.traceId} with ${spans} spans of ${services.join(', ') || 'nobody'}.`,
      );
    console.log(`ok      ${name} has its trace: ${spans} spans of ${services.join(', ')}`);
  }
}

try {
  await follow();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
