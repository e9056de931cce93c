import { readdirSync, readFileSync } from 'node:fs';
import {
  constants,
  type EventLoopUtilization,
  type PerformanceEntry,
  PerformanceObserver,
  type PerformanceObserverEntryList,
  performance,
} from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Labels, Metrics } from '@sightline/telemetry/metrics.ts';
import { guarded } from './guarded.ts';
import { oldGenerationLimit, usedHeap } from './heap-generations.ts';
import type { Log } from './log.ts';
import type { Telemetry } from './telemetry.ts';

/** An entry of type gc, as Node.js documents it. */
interface GarbageCollection extends PerformanceEntry {
  readonly detail: { readonly kind: number };
}

const gcKinds: Readonly<Record<number, Labels<'nodejs_gc_duration_seconds'>['kind']>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** Names of libuv's resources, as process.getActiveResourcesInfo() gives them. */
const resourceTypes: Readonly<Record<string, Labels<'nodejs_active_resources'>['type']>> = {
  TCPSocketWrap: 'tcp_connection',
  TCPServerWrap: 'tcp_server',
  Timeout: 'timeout',
  FSReqCallback: 'file_request',
  FSReqPromise: 'file_request',
};

/** Milliseconds between two looks at the event loop. */
const delayIntervalMs = 20;

/**
 * Measures by a timer how late the event loop is. A delay that swallows several timers counts once for each of
 * them, each time an interval shorter, as HdrHistogram's recordValueWithExpectedInterval does: else a second in
 * which nothing ran would weigh no more than one punctual timer.
 */
function measureEventLoopDelay(metrics: Metrics, log: Log): () => void {
  let due = performance.now() + delayIntervalMs;
  const look = guarded(log, 'runtime_metrics', () => {
    const now = performance.now();
    const latest = Math.max(0, now - due);
    due = now + delayIntervalMs;
    for (let late = latest; ; late -= delayIntervalMs) {
      metrics.observe('nodejs_eventloop_delay_seconds', {}, late / 1000);
      if (late < delayIntervalMs) break;
    }
  });
  const timer = setInterval(look, delayIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function measureGarbageCollection(metrics: Metrics, log: Log): () => void {
  const read = guarded(log, 'runtime_metrics', (list: PerformanceObserverEntryList) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as GarbageCollection;
      const kind = gcKinds[detail.kind];
      if (kind) metrics.observe('nodejs_gc_duration_seconds', { kind }, duration / 1000);
    }
  });
  const observer = new PerformanceObserver((list) => read(list));
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

/** The soft limit of open files; undefined where there is no /proc. */
function maxFileDescriptors(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

function openFileDescriptors(): number | undefined {
  try {
    // One of them is the folder being read.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

/**
 * Emits what the process and Node.js tell about themselves.
 * @returns what ends it
 */
export function emitRuntimeMetrics({ metrics, log }: Telemetry): () => void {
  const stops = [measureEventLoopDelay(metrics, log), measureGarbageCollection(metrics, log)];
  const maxFds = maxFileDescriptors();
  let cpu = process.cpuUsage();
  let loop: EventLoopUtilization = performance.eventLoopUtilization();

  metrics.set('process_start_time_seconds', {}, Date.now() / 1000 - process.uptime());
  metrics.set('process_memory_limit_bytes', {}, process.constrainedMemory() || process.availableMemory());
  if (maxFds !== undefined) metrics.set('process_max_fds', {}, maxFds);

  metrics.beforeScrape(() => {
    const used = process.cpuUsage();
    metrics.count('process_cpu_seconds_total', {}, (used.user + used.system - cpu.user - cpu.system) / 1e6);
    cpu = used;
    const turned = performance.eventLoopUtilization();
    metrics.count('nodejs_eventloop_busy_seconds_total', {}, (turned.active - loop.active) / 1000);
    loop = turned;

    const { rss, external, arrayBuffers } = process.memoryUsage();
    metrics.set('process_resident_memory_bytes', {}, rss);
    metrics.set('nodejs_external_memory_bytes', {}, external + arrayBuffers);
    const { young, old } = usedHeap();
    metrics.set('nodejs_heap_used_bytes', { generation: 'young' }, young);
    metrics.set('nodejs_heap_used_bytes', { generation: 'old' }, old);
    metrics.set('nodejs_heap_total_bytes', {}, getHeapStatistics().total_heap_size);
    metrics.set('nodejs_heap_limit_bytes', {}, oldGenerationLimit());

    const openFds = openFileDescriptors();
    if (openFds !== undefined) metrics.set('process_open_fds', {}, openFds);

    const resources = { tcp_connection: 0, tcp_server: 0, timeout: 0, file_request: 0, other: 0 };
    for (const name of process.getActiveResourcesInfo()) resources[resourceTypes[name] ?? 'other'] += 1;
    for (const [type, count] of Object.entries(resources))
      metrics.set('nodejs_active_resources', { type: type as keyof typeof resources }, count);
  });
  return () => {
    for (const stop of stops) stop();
  };
}
