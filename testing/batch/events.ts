/**
 * The events that Batch sends to EventBridge, and the rules that hand them to a target.
 *
 * 1. A target gets an event at least once: what it refuses is tried again.
 * 2. Events of one job reach a target in their order, unless disorder is asked for.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { jobDetail } from './detail.ts';
import type { Job } from './job.ts';
import { type EventPattern, matchesPattern } from './pattern.ts';
import type { Place } from './place.ts';

export interface BatchEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'Batch Job State Change' | 'Batch Job Queue Blocked';
  readonly source: 'aws.batch';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  /** As DescribeJobs shows the job at that moment. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface EventTarget {
  /** Rejects when the event did not arrive. */
  deliver(event: BatchEvent): Promise<void>;
  /** Only events that match; all by default. */
  readonly pattern?: EventPattern | undefined;
}

/** What can go wrong with events between Batch and their target, for tests. */
export interface EventFaults {
  /** Share of the events that come twice. */
  readonly duplicates?: number;
  /** Share of the events that never come: more than Batch owns up to. */
  readonly losses?: number;
  /** Events that are held back, so that any of them may be the next. */
  readonly disorder?: number;
  /** Default: 1. */
  readonly seed?: number;
}

export interface EventsOptions {
  readonly place: Place;
  /** Jobs whose changes are told of. Which of an array's jobs Batch tells of is not documented. */
  readonly arrays: 'both' | 'parents' | 'children';
  readonly faults: EventFaults;
  readonly warn: (sentence: string) => void;
}

const TRIES = 6;
const FIRST_PAUSE_MS = 100;
const HOLD_MS = 20;
const AT_ONCE = 32;

export class Events {
  readonly #options: EventsOptions;
  readonly #targets = new Map<string, EventTarget>();
  /** The last delivery of each job to each target. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #held: (() => void)[] = [];
  readonly #random: () => number;
  #release: NodeJS.Timeout | undefined;
  /** Deliveries that wait for one of the places. */
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

  /** Tells of a job's status; nothing tells of the submission itself. */
  tell(job: Job, type: BatchEvent['detail-type'] = 'Batch Job State Change'): void {
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
      const times = this.#random() < (faults.duplicates ?? 0) ? 2 : 1;
      for (let time = 0; time < times; time += 1) this.#send(`${id}\n${job.id}`, target, event);
    }
  }

  #eventOf(job: Job, type: BatchEvent['detail-type']): BatchEvent {
    const { account, region } = this.#options.place;
    const tags = { ...job.tags, resourceArn: job.arn };
    // What JSON leaves out is not there for a target in this process either.
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
    const alone = `${key}\n${event.id}\n${this.#random()}`;
    this.#held.push(() =>
      this.#last.set(
        alone,
        this.#deliver(target, event).finally(() => this.#last.delete(alone)),
      ),
    );
    while (this.#held.length > disorder) this.#releaseOne();
    this.#release ??= setTimeout(() => this.#drain(), HOLD_MS);
  }

  /** What is held back goes out one by one, so that later events may overtake it. */
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
      if (this.#delivering >= AT_ONCE)
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      this.#delivering += 1;
      try {
        return await target.deliver(event);
      } catch (error) {
        if (attempt === TRIES)
          return this.#options.warn(
            `An event of job ${event.resources[0]} did not reach its target: ${error instanceof Error ? error.message : String(error)}`,
          );
      } finally {
        this.#delivering -= 1;
        this.#waiting.shift()?.();
      }
      await new Promise((resolve) =>
        setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)).unref(),
      );
    }
    return undefined;
  }

  /** Resolves when every event told so far has arrived, or was given up. */
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

/** A target that is POSTed the event as JSON, such as the Invoke address of a Lambda function. */
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

/** Spares most events of a large array their making: a rule hardly ever wants every status. */
function mayMatch({ detail }: EventPattern, status: string): boolean {
  const wanted = detail !== undefined && 'status' in detail ? detail.status : undefined;
  return wanted === undefined || matchesPattern({ status: wanted }, { status });
}

/** mulberry32: small, and the same for a seed everywhere. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
