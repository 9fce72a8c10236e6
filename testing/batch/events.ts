/**
 * The events that Batch sends to EventBridge, and their delivery to targets by rules.
 *
 * 1. A target receives an event at least once: a rejected event is delivered again.
 * 2. A target receives the events of one job in order, unless the option `disorder` is set.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { ArnScope } from './arns.ts';
import { describedTags, jobDetail } from './detail.ts';
import type { Job } from './job.ts';
import { type EventPattern, matchesPattern } from './pattern.ts';

export interface BatchEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'Batch Job State Change' | 'Batch Job Queue Blocked';
  readonly source: 'aws.batch';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  /** The job at that moment, as in DescribeJobs. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface EventTarget {
  /** Rejects if the event must be delivered again. */
  deliver(event: BatchEvent): Promise<void>;
  /** Only matching events are delivered. Default: all events. */
  readonly pattern?: EventPattern | undefined;
}

/** Faults between Batch and the targets, for tests. */
export interface EventFaults {
  /** Share of the events that are delivered twice. */
  readonly duplicates?: number;
  /** Share of the events that are lost. AWS does not document such losses. */
  readonly losses?: number;
  /** Number of events that are held back. A random one of them is delivered next. */
  readonly disorder?: number;
  /** Default: 1. */
  readonly seed?: number;
}

export interface EventsOptions {
  readonly scope: ArnScope;
  /** Array jobs that have events. AWS does not document which ones do. */
  readonly arrays: 'both' | 'parents' | 'children';
  readonly faults: EventFaults;
  readonly warn: (message: string) => void;
}

const MAX_TRIES = 6;
const FIRST_RETRY_MS = 100;
const HOLD_MS = 20;
const MAX_PARALLEL_DELIVERIES = 32;

export class Events {
  readonly #options: EventsOptions;
  readonly #targets = new Map<string, EventTarget>();
  /** The last delivery of each job to each target. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #held: (() => void)[] = [];
  readonly #random: () => number;
  #release: NodeJS.Timeout | undefined;
  /** Deliveries that wait for another one to finish. */
  readonly #waiting: (() => void)[] = [];
  #delivering = 0;
  #closed = false;

  constructor(options: EventsOptions) {
    this.#options = options;
    this.#random = randomOf(options.faults.seed ?? 1);
  }

  setTarget(id: string, target: EventTarget): void {
    this.#targets.set(id, target);
  }

  removeTarget(id: string): void {
    this.#targets.delete(id);
  }

  /** Emits the event of a job's current status. A submission itself has no event. */
  emit(job: Job, type: BatchEvent['detail-type'] = 'Batch Job State Change'): void {
    const { arrays, faults } = this.#options;
    const targets = [...this.#targets].filter(
      ([, { pattern }]) => pattern === undefined || mayMatch(pattern, job.status),
    );
    if (
      this.#closed ||
      targets.length === 0 ||
      (job.children !== undefined && arrays === 'children') ||
      (job.parent !== undefined && arrays === 'parents')
    )
      return;
    const event = this.#eventOf(job, type);
    for (const [id, target] of targets) {
      if (target.pattern !== undefined && !matchesPattern(target.pattern, event)) continue;
      if (this.#random() < (faults.losses ?? 0)) continue;
      const copies = this.#random() < (faults.duplicates ?? 0) ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) this.#send(`${id}\n${job.id}`, target, event);
    }
  }

  #eventOf(job: Job, type: BatchEvent['detail-type']): BatchEvent {
    const { account, region } = this.#options.scope;
    const tags = { ...describedTags(job), resourceArn: job.arn };
    // Removes the members that JSON omits, so that local targets do not receive them either.
    const detail: Readonly<Record<string, unknown>> = JSON.parse(
      JSON.stringify({ ...jobDetail(job), tags }),
    );
    const time = new Date().toISOString().replace(/\.\d+Z$/u, 'Z');
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': type,
      source: 'aws.batch',
      account,
      time,
      region,
      resources: [job.arn],
      detail,
    };
  }

  #send(key: string, target: EventTarget, event: BatchEvent): void {
    const disorder = this.#options.faults.disorder ?? 0;
    if (disorder === 0) {
      const sent = (this.#last.get(key) ?? Promise.resolve()).then(() =>
        this.#deliver(target, event),
      );
      this.#last.set(key, sent);
      void sent.then(() => {
        if (this.#last.get(key) === sent) this.#last.delete(key);
      });
      return;
    }
    const separateKey = `${key}\n${event.id}\n${this.#random()}`;
    this.#held.push(() =>
      this.#last.set(
        separateKey,
        this.#deliver(target, event).finally(() => this.#last.delete(separateKey)),
      ),
    );
    while (this.#held.length > disorder) this.#releaseOne();
    this.#release ??= setTimeout(() => this.#drain(), HOLD_MS);
  }

  /** Releases the held events one by one, so that later events may overtake them. */
  #drain(): void {
    this.#release = undefined;
    this.#releaseOne();
    if (this.#held.length > 0) this.#release = setTimeout(() => this.#drain(), HOLD_MS);
  }

  #releaseOne(): void {
    const [next] = this.#held.splice(Math.floor(this.#random() * this.#held.length), 1);
    next?.();
  }

  async #deliver(target: EventTarget, event: BatchEvent): Promise<void> {
    for (let attempt = 1; !this.#closed; attempt += 1) {
      if (this.#delivering >= MAX_PARALLEL_DELIVERIES)
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      this.#delivering += 1;
      try {
        return await target.deliver(event);
      } catch (error) {
        if (attempt === MAX_TRIES)
          return this.#options.warn(
            `An event of job ${event.resources[0]} was not delivered: ${error instanceof Error ? error.message : String(error)}`,
          );
      } finally {
        this.#delivering -= 1;
        this.#waiting.shift()?.();
      }
      await new Promise((resolve) =>
        setTimeout(resolve, FIRST_RETRY_MS * 2 ** (attempt - 1)).unref(),
      );
    }
    return undefined;
  }

  /** Resolves when every event so far was delivered or dropped. */
  async settled(): Promise<void> {
    while (this.#last.size > 0 || this.#held.length > 0) {
      await Promise.all(this.#last.values());
      if (this.#held.length > 0) await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#release);
    this.#held.length = 0;
  }
}

/** A target that receives events as JSON by POST, such as the Invoke URL of a Lambda function. */
export function httpTarget(url: string, pattern?: EventPattern): EventTarget {
  return {
    pattern,
    deliver: async (event) => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event),
      });
      const body = await answer.text();
      const failure = answer.headers.get('x-amz-function-error');
      if (!answer.ok || failure !== null)
        throw new Error(
          `${url} answered ${answer.status}${failure === null ? '' : ` (${failure})`}: ${body.slice(0, 300)}`,
        );
    },
  };
}

/** Avoids the creation of most events of a large array, because rules rarely match every status. */
function mayMatch({ detail }: EventPattern, status: string): boolean {
  const allowed = detail !== undefined && 'status' in detail ? detail.status : undefined;
  return allowed === undefined || matchesPattern({ status: allowed }, { status });
}

/** mulberry32: a small generator with the same sequence on every machine. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
