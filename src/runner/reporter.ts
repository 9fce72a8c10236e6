/**
 * Collects what a step reports and sends it in batches.
 *
 * 1. Every reported item is sent, in order, in messages that are numbered from 0 without a gap.
 * 2. One message is in flight at a time. If a step reports faster than the engine accepts, the
 *    items wait in the step's process, not in the engine.
 * 3. Before the process exits, the remaining items can be sent at once, without waiting for an
 *    acknowledgement.
 *
 * @module
 */
import { clearTimeout, setTimeout } from 'node:timers';
import type { Artifact, Model, Plot, Point, Report, ReportedText } from '../model/artifacts.ts';
import { MAX_REPORT_ITEMS } from '../model/limits.ts';
import { jsonBytes } from '../model/service-limits.ts';

const REPORT_INTERVAL_MS = 200;
/** Approximate size of one message. A queue accepts at most a megabyte, and charges by 64 KB. */
const MAX_BATCH_BYTES = 200_000;

const POINT_OVERHEAD_BYTES = 100;

export type ReportItem =
  | { readonly kind: 'point'; readonly value: Point }
  | { readonly kind: 'text'; readonly value: ReportedText }
  | { readonly kind: 'plot'; readonly value: Plot }
  | { readonly kind: 'artifact' | 'runArtifact'; readonly value: Artifact }
  | { readonly kind: 'model' | 'runModel'; readonly value: Model };

export interface Reporter {
  report(item: ReportItem): void;
  /** Resolves when all items that were reported so far are safe. */
  flush(): Promise<void>;
  /** Sends the remaining items without waiting for an acknowledgement. */
  flushNow(): void;
}

export class BatchingReporter implements Reporter {
  readonly #sendReport: (sequence: number, report: Report) => Promise<void>;
  #pending: ReportItem[] = [];
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(sendReport: (sequence: number, report: Report) => Promise<void>) {
    this.#sendReport = sendReport;
  }

  report(item: ReportItem): void {
    this.#pending.push(item);
    if (this.#sending !== undefined) return;
    if (this.#pending.length >= MAX_REPORT_ITEMS) this.#startSending();
    else this.#timer ??= setTimeout(() => this.#startSending(), REPORT_INTERVAL_MS).unref();
  }

  async flush(): Promise<void> {
    while (true) {
      this.#startSending();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#sending === undefined) return;
      await this.#sending;
    }
  }

  flushNow(): void {
    // The process is about to exit: a failure can no longer be reported.
    while (this.#pending.length > 0) this.#sendBatch().catch(() => undefined);
  }

  /** Sends the pending items, unless there are none or they are being sent already. */
  #startSending(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending === undefined && this.#pending.length > 0) this.#sending = this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#pending.length > 0) await this.#sendBatch();
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#sending = undefined;
    }
  }

  #sendBatch(): Promise<void> {
    return this.#sendReport(this.#sequence++, toReport(this.#dequeueBatch()));
  }

  #dequeueBatch(): readonly ReportItem[] {
    const pending = this.#pending;
    let bytes = 0;
    let count = 0;
    for (const item of pending) {
      bytes += sizeOf(item);
      if (count === MAX_REPORT_ITEMS || (bytes > MAX_BATCH_BYTES && count > 0)) break;
      count += 1;
    }
    this.#pending = count === pending.length ? [] : pending.slice(count);
    return pending.slice(0, count);
  }
}

/** Points are many and small: only their texts, which may need escapes, are encoded. */
const sizeOf = (item: ReportItem): number =>
  item.kind === 'point'
    ? POINT_OVERHEAD_BYTES + jsonBytes(item.value.title) + jsonBytes(item.value.series)
    : jsonBytes(item.value);

function toReport(items: readonly ReportItem[]): Report {
  const report = {
    points: [],
    texts: [],
    artifacts: [],
    models: [],
    onRun: { artifacts: [], models: [] },
  } satisfies Report as Report;
  const plots: Plot[] = [];
  for (const item of items) {
    switch (item.kind) {
      case 'point':
        report.points.push(item.value);
        break;
      case 'text':
        report.texts.push(item.value);
        break;
      case 'plot':
        plots.push(item.value);
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
  return plots.length === 0 ? report : { ...report, plots };
}
