/** The signal contract against what the API really emits, and whether Prometheus collects it. */

import type { MetricSignal } from '@sightline/contract/signal.ts';
import { metrics, serviceName } from '@sightline/contract/signals.ts';
import { DeadlineError, waitFor } from '@sightline/servers/readiness.ts';
import { expectNone } from '@sightline/testkit/check.ts';
import {
  prometheusAt,
  type RuleGroup,
  scrape,
  scrapeAll,
  type Target,
} from '@sightline/testkit/prometheus.ts';
import { metricOf, parseSeries, problemsOfSamples } from '@sightline/testkit/signal-check.ts';
import type { Proof } from '../check.ts';
import type { Samples } from '../counts.ts';
import { ownGroups, ownTargets } from '../platform.ts';
import { nextScrape } from '../stored.ts';

const declared: Readonly<Record<string, MetricSignal>> = metrics;

/** Most series of an instance, by the design. */
export const seriesBudget = 1500;
/** Until a stack that has just started is scraped: several times the scrape interval. */
const scrapeSeconds = 300;
/** Until its background work has been done once, and with it the metrics are there that tell when. */
const backgroundSeconds = 300;
/** Until each group of rules has been evaluated: several times their interval. */
const rulesSeconds = 300;

/** Waits for a condition, and for what it found until then where it doesn't come. */
async function waitUpTo(
  seconds: number,
  condition: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  await waitFor(condition, seconds, '', signal).catch((error: unknown) => {
    if (!(error instanceof DeadlineError)) throw error;
  });
}

const samplesOf = ({ stack: { metricsUrls } }: Proof): Promise<Samples> => scrapeAll(metricsUrls);

/**
 * Names of the API's metrics that the contract declares and a scrape lacks.
 * @param isHere whether a setting or system is there, which a metric may need
 */
export function missingMetrics(samples: Samples, isHere: (condition: string) => boolean): string[] {
  const emitted = new Set([...samples.keys()].map((series) => metricOf(parseSeries(series).name)));
  return Object.entries(declared)
    .filter(([name, { emitter, onlyWith }]) => {
      return emitter === 'api' && (onlyWith === undefined || isHere(onlyWith)) && !emitted.has(name);
    })
    .map(([name]) => name);
}

export async function checkDeclaredIsEmitted(proof: Proof): Promise<string> {
  const { local } = proof.stack;
  // Of a stack elsewhere neither its system nor its settings are known.
  const isHere = (condition: string) =>
    local !== undefined &&
    (condition === 'Linux' ? process.platform === 'linux' : Boolean(process.env[condition]));
  let missing: string[] = [];
  /** Whether waiting can't help any more: a metric that isn't initialised may still come. */
  const isSettled = async () => {
    missing = missingMetrics(await samplesOf(proof), isHere);
    return !(missing.length > 0 && missing.every((name) => declared[name]?.initialised === 'none'));
  };
  await waitUpTo(backgroundSeconds, isSettled, proof.signal);
  expectNone(
    missing.map((name) => `${name} is declared in packages/contract, and /metrics doesn't have it.`),
  );
  const count = Object.values(declared).filter(({ emitter }) => emitter === 'api').length;
  return `${count} metrics of the contract are in /metrics`;
}

export async function checkEmittedIsDeclared(proof: Proof): Promise<string> {
  const samples = await samplesOf(proof);
  expectNone(problemsOfSamples(samples).map((problem) => `/metrics: ${problem} (packages/contract).`));
  return `${samples.size} series, all with declared names, labels and values`;
}

export async function checkSeriesBudget(proof: Proof): Promise<string> {
  const instances = await Promise.all(proof.stack.metricsUrls.map(scrape));
  const size = Math.max(...instances.map((samples) => samples.size));
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
    targets = ownTargets(await prometheus.targets(), stack);
    return targets.length > 0 && targets.every(({ health }) => health === 'up');
  };
  await waitUpTo(scrapeSeconds, allUp, signal);
  expectNone(
    targets
      .filter(({ health }) => health !== 'up')
      .map(
        ({ job, instance, health, lastError, scrapeUrl }) =>
          `The target ${instance} of the job ${job} is ${health}, not up: ${scrapeUrl} ${lastError}`,
      ),
  );
  const scraped = targets.filter(({ job }) => job === serviceName).length;
  const instances = stack.metricsUrls.length;
  expectNone(
    scraped >= Math.max(1, instances)
      ? []
      : [
          `Prometheus at ${stack.prometheusUrl} collects the metrics of ${scraped} instances of the API; there are ${instances}.`,
        ],
  );
  const jobs = new Set(targets.map(({ job }) => job));
  return `${targets.length} targets up: ${[...jobs].toSorted().join(', ')}`;
}

/** Every rule, evaluated since the API was used: recorded ratios have no value before there is an event. */
export async function checkRules({ stack, signal, say }: Proof): Promise<string> {
  const prometheus = prometheusAt(stack.prometheusUrl ?? '');
  if (stack.metricsUrls.length > 0) await nextScrape(stack, signal);
  const since = Date.now();
  let groups: readonly RuleGroup[] = [];
  let missing: readonly string[] = [];
  say('waits for every group of rules to be evaluated');
  const allEvaluated = async () => {
    ({ groups, missing } = ownGroups(await prometheus.ruleGroups(), stack));
    return missing.length === 0 && groups.every(({ evaluatedAt }) => evaluatedAt > since);
  };
  await waitUpTo(rulesSeconds, allEvaluated, signal);
  const rules = groups.flatMap(({ name: group, rules: all }) => all.map((rule) => ({ group, ...rule })));
  expectNone([
    ...missing,
    ...groups
      .filter(({ evaluatedAt }) => evaluatedAt <= since)
      .map(({ name }) => `The group of rules ${name} was not evaluated for ${rulesSeconds} s.`),
    ...rules
      .filter(({ health }) => health !== 'ok')
      .map(
        ({ group, name, health, lastError = '' }) =>
          `The rule ${name} of ${group} is ${health}, not ok: ${lastError}`,
      ),
  ]);
  return `${rules.length} rules in ${groups.length} groups are evaluated without an error`;
}
