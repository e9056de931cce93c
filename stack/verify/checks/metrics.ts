/** The signal contract against what the API really emits, and whether Prometheus collects it. */

import type { MetricSignal } from '../../../app/src/telemetry/contract.ts';
import { metrics } from '../../../app/src/telemetry/signals.ts';
import { metricOf, parseSeries, problemsOfSamples } from '../../../app/test/support/signal-check.ts';
import { waitFor } from '../../native/readiness.ts';
import { expectNone, type Proof } from '../check.ts';
import type { Samples } from '../counts.ts';
import { prometheusAt, scrape, type Target } from '../prometheus.ts';

/** Most series of an instance, by the design. */
const seriesBudget = 1500;
/** Several times the scrape interval, and a slow machine's while. */
const targetsSeconds = 60;

const samplesOf = ({ stack: { metricsUrl = '' } }: Proof): Promise<Samples> => scrape(metricsUrl);

/**
 * Sentences about declared metrics of the API that a scrape lacks.
 * @param isHere whether a setting or system is there, which a metric may need
 */
export function missingMetrics(samples: Samples, isHere: (condition: string) => boolean): string[] {
  const emitted = new Set([...samples.keys()].map((series) => metricOf(parseSeries(series).name)));
  return Object.entries<MetricSignal>(metrics)
    .filter(([name, { emitter, onlyWith }]) => {
      return emitter === 'api' && (onlyWith === undefined || isHere(onlyWith)) && !emitted.has(name);
    })
    .map(([name]) => `${name} is declared in app/src/telemetry/signals.ts, and /metrics doesn't have it.`);
}

export async function checkDeclaredIsEmitted(proof: Proof): Promise<string> {
  const { local } = proof.stack;
  // Of a stack elsewhere neither its system nor its settings are known.
  const isHere = (condition: string) =>
    local !== undefined &&
    (condition === 'Linux' ? process.platform === 'linux' : Boolean(process.env[condition]));
  const samples = await samplesOf(proof);
  expectNone(missingMetrics(samples, isHere));
  const count = Object.values<MetricSignal>(metrics).filter(({ emitter }) => emitter === 'api').length;
  return `${count} metrics of the contract are in /metrics`;
}

export async function checkEmittedIsDeclared(proof: Proof): Promise<string> {
  const samples = await samplesOf(proof);
  expectNone(
    problemsOfSamples(samples).map((problem) => `/metrics: ${problem} (app/src/telemetry/signals.ts).`),
  );
  return `${samples.size} series, all with declared names, labels and values`;
}

export async function checkSeriesBudget(proof: Proof): Promise<string> {
  const { size } = await samplesOf(proof);
  expectNone(
    size < seriesBudget
      ? []
      : [`/metrics has ${size} series; an instance has to have fewer than ${seriesBudget}.`],
  );
  return `${size} of ${seriesBudget} series`;
}

export async function checkTargets({ stack, signal }: Proof): Promise<string> {
  const prometheus = prometheusAt(stack.prometheusUrl ?? '');
  let targets: readonly Target[] = [];
  const allUp = async () => {
    targets = await prometheus.targets();
    return targets.length > 0 && targets.every(({ health }) => health === 'up');
  };
  // A stack that has just started is scraped within an interval.
  await waitFor(allUp, targetsSeconds, '', signal).catch(() => signal.throwIfAborted());
  expectNone(
    targets
      .filter(({ health }) => health !== 'up')
      .map(
        ({ job, instance, health, lastError, scrapeUrl }) =>
          `The target ${instance} of the job ${job} is ${health}, not up: ${scrapeUrl} ${lastError}`,
      ),
  );
  const metricsHost = stack.local && new URL(stack.metricsUrl ?? '').host;
  const isCollected = targets.some(({ instance }) => metricsHost === undefined || instance === metricsHost);
  expectNone(
    isCollected ? [] : [`Prometheus at ${stack.prometheusUrl} does not collect the metrics of this API.`],
  );
  const jobs = new Set(targets.map(({ job }) => job));
  return `${targets.length} targets up: ${[...jobs].toSorted().join(', ')}`;
}
