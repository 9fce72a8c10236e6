/**
 * The queue of transitions: one FIFO group per run, in which one batch at a time is handled. It has
 * all faults that a queue may have.
 *
 * 1. An accepted transition is delivered at least once, except the kinds whose loss the design
 *    allows.
 * 2. A batch that failed is delivered again, before later transitions. One that was refused at its
 *    first delivery may be sent again instead: its transitions arrive later, in any order.
 * 3. Only transitions that are not late are delivered in order.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { Faults } from './plan.ts';

/** Kinds that may be lost, because the same is detected later in another way. */
const MAY_BE_LOST: ReadonlySet<Transition['kind']> = new Set([
  'started',
  'lease.ended',
  'job.ended',
  'logic.claimed',
  'logic.answered',
]);

export interface QueueContext {
  readonly faults: Faults;
  now(): number;
  at(time: number, act: () => void | Promise<void>): void;
  roll(...labels: readonly (string | number)[]): number;
  trace(line: () => string): void;
  /** The transition is lost or late, so its attempt may have another outcome. */
  onDisturbed(transition: Transition): void;
  /** @param isRepeated a transition of the batch was delivered before */
  handle(run: RunId, batch: readonly Transition[], isRepeated: boolean): Promise<BatchOutcome>;
}

/** `refused`: by a service, for now, and the process continues. */
export type BatchOutcome = 'done' | 'failed' | 'refused';

interface Group {
  readonly waiting: Transition[];
  busy: boolean;
  scheduled: boolean;
  deliveries: number;
  /** The number of the first waiting transitions that were delivered before. */
  failed: number;
}

const LATENCY_MS = 2;
const RETRY_DELAY_MS = 500;
const MAX_BATCH_SIZE = 10;
const DEFERRED = 0.5;
const MAX_DEFERRAL_MS = 5000;

export class SimulatedQueue {
  readonly #context: QueueContext;
  readonly #groups = new Map<RunId, Group>();
  #sent = 0;

  constructor(world: QueueContext) {
    this.#context = world;
  }

  /** Number of arrived messages that are not handled. Late messages are on the agenda. */
  get size(): number {
    let size = 0;
    for (const group of this.#groups.values()) size += group.waiting.length + (group.busy ? 1 : 0);
    return size;
  }

  send(transition: Transition): void {
    const { faults } = this.#context;
    const n = this.#sent;
    this.#sent += 1;
    if (MAY_BE_LOST.has(transition.kind) && this.#context.roll('lose', n) < faults.drop) {
      this.#context.trace(() => `lost: ${showTransition(transition)}`);
      this.#context.onDisturbed(transition);
      return;
    }
    this.#schedule(transition, n, 0);
    if (this.#context.roll('twice', n) < faults.duplicate) this.#schedule(transition, n, 1);
  }

  #schedule(transition: Transition, n: number, copy: number): void {
    const { faults, now, roll } = this.#context;
    const late = roll('late', n, copy) < Math.max(faults.late, copy === 1 ? 0.5 : 0);
    const delay = late
      ? 1 + Math.floor(roll('lateness', n, copy) * Math.max(faults.latenessMs, 20))
      : 0;
    if (delay === 0) this.#arrive(transition);
    else {
      if (copy === 0) this.#context.onDisturbed(transition);
      this.#context.at(now() + delay, () => this.#arrive(transition));
    }
  }

  #arrive(transition: Transition): void {
    const group = this.#group(transition.run);
    group.waiting.push(transition);
    this.#scheduleDelivery(transition.run, group, LATENCY_MS);
  }

  #group(run: RunId): Group {
    const known = this.#groups.get(run);
    if (known !== undefined) return known;
    const group: Group = { waiting: [], busy: false, scheduled: false, deliveries: 0, failed: 0 };
    this.#groups.set(run, group);
    return group;
  }

  #scheduleDelivery(run: RunId, group: Group, delay: number): void {
    if (group.busy || group.scheduled || group.waiting.length === 0) return;
    group.scheduled = true;
    this.#context.at(this.#context.now() + delay, () => this.#deliver(run, group));
  }

  async #deliver(run: RunId, group: Group): Promise<void> {
    group.scheduled = false;
    group.busy = true;
    group.deliveries += 1;
    const size =
      1 + Math.floor(this.#context.roll('batch', run, group.deliveries) * MAX_BATCH_SIZE);
    const batch = group.waiting.splice(0, size);
    const isRepeated = group.failed > 0;
    const outcome = await this.#context.handle(run, batch, isRepeated);
    group.busy = false;
    group.failed = Math.max(0, group.failed - batch.length);
    const isDeferred =
      outcome === 'refused' &&
      !isRepeated &&
      this.#context.roll('deferred', run, group.deliveries) < DEFERRED;
    if (isDeferred) this.#sendAgain(run, batch, group.deliveries);
    else if (outcome !== 'done') {
      group.waiting.unshift(...batch);
      group.failed += batch.length;
    }
    this.#scheduleDelivery(run, group, outcome === 'done' ? LATENCY_MS : RETRY_DELAY_MS);
  }

  #sendAgain(run: RunId, batch: readonly Transition[], delivery: number): void {
    for (const [index, transition] of batch.entries()) {
      const delay = this.#context.roll('deferral', run, delivery, index) * MAX_DEFERRAL_MS;
      this.#context.onDisturbed(transition);
      this.#context.at(this.#context.now() + 1 + Math.floor(delay), () => this.#arrive(transition));
    }
  }
}

/** The transition as one line of a trace. */
export function showTransition(transition: Transition): string {
  const { kind, run, ...rest } = transition;
  const fields = Object.entries(rest).filter(([key]) => key !== 'token');
  return `${kind} ${run.slice(-4)} ${fields.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ')}`;
}
