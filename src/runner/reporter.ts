/**
 * Collects what a step reports and says it in batches.
 *
 * 1. Everything that was reported is said, in its order, in messages numbered from 0 without a gap.
 * 2. One message is under way at a time: a step that reports faster than it is heard waits in its own process, not in the engine's.
 * 3. What is not said yet can be said at once, without waiting, when the process is about to end.
 *
 * @module
 */
import { clearTimeout, setTimeout } from 'node:timers';
import type { Artifact, Model, Point, Report, ReportedText } from '../model/artifacts.ts';

const INTERVAL_MILLISECONDS = 200;
const BATCH_ITEMS = 500;
/** Bytes of one message, about: a queue takes no more than a megabyte, and charges by 64 KB. */
const BATCH_BYTES = 200_000;

const POINT_BYTES = 100;

export type ReportItem =
  | { readonly kind: 'point'; readonly value: Point }
  | { readonly kind: 'text'; readonly value: ReportedText }
  | { readonly kind: 'artifact' | 'runArtifact'; readonly value: Artifact }
  | { readonly kind: 'model' | 'runModel'; readonly value: Model };

export interface Reporter {
  report(item: ReportItem): void;
  /** Resolves when all that was reported so far is safe. */
  flush(): Promise<void>;
  /** Says what is left without waiting for an answer. */
  flushNow(): void;
}

export function createReporter(say: (sequence: number, report: Report) => Promise<void>): Reporter {
  let waiting: ReportItem[] = [];
  let sequence = 0;
  let timer: NodeJS.Timeout | undefined;
  let pump: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  const sayBatch = () => say(sequence++, toReport(takeBatch()));

  function takeBatch(): readonly ReportItem[] {
    let bytes = 0;
    let count = 0;
    for (const item of waiting) {
      bytes += sizeOf(item);
      if (count === BATCH_ITEMS || (bytes > BATCH_BYTES && count > 0)) break;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = count === waiting.length ? [] : waiting.slice(count);
    return batch;
  }

  /** Says what is waiting, unless that is being done or there is nothing. */
  function start(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pump === undefined && waiting.length > 0) pump = sayAll();
  }

  async function sayAll(): Promise<void> {
    try {
      while (waiting.length > 0) await sayBatch();
    } catch (error) {
      failure ??= { error };
    } finally {
      pump = undefined;
    }
  }

  return {
    report(item) {
      waiting.push(item);
      if (pump !== undefined) return;
      if (waiting.length >= BATCH_ITEMS) start();
      else timer ??= setTimeout(start, INTERVAL_MILLISECONDS).unref();
    },
    async flush() {
      while (true) {
        start();
        if (failure !== undefined) throw failure.error;
        if (pump === undefined) return;
        await pump;
      }
    },
    flushNow() {
      // Nobody is left to hear of a failure.
      while (waiting.length > 0) sayBatch().catch(() => undefined);
    },
  };
}

/** Points are many and small: what is in them is counted, not written out. */
const sizeOf = (item: ReportItem): number =>
  item.kind === 'point'
    ? POINT_BYTES + item.value.title.length + item.value.series.length
    : Buffer.byteLength(JSON.stringify(item.value));

function toReport(items: readonly ReportItem[]): Report {
  const report = {
    points: [],
    texts: [],
    artifacts: [],
    models: [],
    onRun: { artifacts: [], models: [] },
  } satisfies Report as Report;
  for (const item of items) {
    switch (item.kind) {
      case 'point':
        report.points.push(item.value);
        break;
      case 'text':
        report.texts.push(item.value);
        break;
      case 'artifact':
        report.artifacts.push(item.value);
        break;
      case 'runArtifact':
        report.onRun.artifacts.push(item.value);
        break;
      case 'model':
        report.models.push(item.value);
        break;
      case 'runModel':
        report.onRun.models.push(item.value);
        break;
      default:
        item satisfies never;
    }
  }
  return report;
}
