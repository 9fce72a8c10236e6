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

const REPORT_INTERVAL_MS = 200;
const MAX_BATCH_ITEMS = 500;
/** Bytes of one message, about: a queue takes no more than a megabyte, and charges by 64 KB. */
const MAX_BATCH_BYTES = 200_000;

const POINT_OVERHEAD_BYTES = 100;

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

export function createReporter(
  sendReport: (sequence: number, report: Report) => Promise<void>,
): Reporter {
  let pending: ReportItem[] = [];
  let sequence = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  const sendBatch = () => sendReport(sequence++, toReport(dequeueBatch()));

  function dequeueBatch(): readonly ReportItem[] {
    let bytes = 0;
    let count = 0;
    for (const item of pending) {
      bytes += sizeOf(item);
      if (count === MAX_BATCH_ITEMS || (bytes > MAX_BATCH_BYTES && count > 0)) break;
      count += 1;
    }
    const batch = pending.slice(0, count);
    pending = count === pending.length ? [] : pending.slice(count);
    return batch;
  }

  /** Says what is waiting, unless that is being done or there is nothing. */
  function startSending(): void {
    clearTimeout(timer);
    timer = undefined;
    if (sending === undefined && pending.length > 0) sending = sendAll();
  }

  async function sendAll(): Promise<void> {
    try {
      while (pending.length > 0) await sendBatch();
    } catch (error) {
      failure ??= { error };
    } finally {
      sending = undefined;
    }
  }

  return {
    report(item) {
      pending.push(item);
      if (sending !== undefined) return;
      if (pending.length >= MAX_BATCH_ITEMS) startSending();
      else timer ??= setTimeout(startSending, REPORT_INTERVAL_MS).unref();
    },
    async flush() {
      while (true) {
        startSending();
        if (failure !== undefined) throw failure.error;
        if (sending === undefined) return;
        await sending;
      }
    },
    flushNow() {
      // Nobody is left to hear of a failure.
      while (pending.length > 0) sendBatch().catch(() => undefined);
    },
  };
}

/** Points are many and small: what is in them is counted, not written out. */
const sizeOf = (item: ReportItem): number =>
  item.kind === 'point'
    ? POINT_OVERHEAD_BYTES + item.value.title.length + item.value.series.length
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
