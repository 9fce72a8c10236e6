/**
 * The emulated AWS Batch of the benchmarks: requests are counted, containers start at a limited
 * rate, and events arrive with a delay.
 *
 * @module
 */
import { type BatchMember, MemoryBatch } from '../../../testing/batch/memory-batch.ts';
import type { Ledger } from '../ledger.ts';
import type { SimulatedTime } from './time.ts';

export interface BatchOptions {
  readonly time: SimulatedTime;
  readonly ledger: Ledger;
  /** Containers that start at each full second. */
  readonly startsPerSecond: number;
  /** Runs a container from now on. Resolves to its end; `undefined` if it does not end. */
  run(
    container: BatchMember,
  ): Promise<{ readonly at: number; readonly exitCode: number } | undefined>;
  /** Delivers the event of a job that ended. */
  sendEvent(event: object): Promise<void>;
}

const SECOND_MS = 1000;
/** From a container's end to the event that reports it. */
const EVENT_DELAY_MS = 5 * SECOND_MS;

export class CountedBatch {
  readonly #options: BatchOptions;
  readonly #batch: MemoryBatch;
  #nextStartAt = 0;
  #isStartScheduled = false;
  /** Requests and their times. */
  readonly requests: { readonly command: string; readonly at: number }[] = [];

  constructor(options: BatchOptions) {
    this.#options = options;
    const { time, sendEvent } = options;
    this.#batch = new MemoryBatch({
      now: () => time.now(),
      emit: (event) => {
        time.at(time.now() + EVENT_DELAY_MS, () => sendEvent(event));
      },
    });
  }

  handle(command: string, input: object, by: string): object {
    const { ledger, time } = this.#options;
    const action = command.replace('Command', '');
    ledger.add('Batch', action, by);
    this.requests.push({ command, at: time.now() });
    const answer = this.#batch.request(action, input);
    if (action === 'SubmitJob') this.#scheduleStart();
    return answer;
  }

  count(command: string): number {
    return this.requests.filter((request) => request.command === command).length;
  }

  #scheduleStart(): void {
    const { time, startsPerSecond } = this.#options;
    if (this.#isStartScheduled) return;
    this.#isStartScheduled = true;
    time.at(Math.max(time.now(), this.#nextStartAt), async () => {
      this.#isStartScheduled = false;
      for (let started = 0; started < startsPerSecond; started += 1) {
        const member = this.#batch.start();
        if (member === undefined) return;
        this.#nextStartAt = time.now() + SECOND_MS;
        await this.#run(member);
      }
      this.#scheduleStart();
    });
  }

  async #run(member: BatchMember): Promise<void> {
    const { time, run } = this.#options;
    const end = await run(member);
    if (end !== undefined) time.at(end.at, () => this.#batch.complete(member, end.exitCode));
  }
}
