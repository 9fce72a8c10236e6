/**
 * The queue of transitions: one FIFO group per run, in which one batch at a time is handled, and which is as bad as a queue may be.
 *
 * 1. What was accepted is delivered at least once, but for the kinds that the design allows to be lost.
 * 2. A batch whose handling failed is delivered again, before anything behind it.
 * 3. Order holds only for what came on time: late messages and second copies come when they come.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { Faults } from './plan.ts';

/** What may be lost: something else tells the same later. */
const MAY_BE_LOST: ReadonlySet<Transition['kind']> = new Set([
  'started',
  'lease.ended',
  'job.ended',
  'logic.claimed',
  'logic.answered',
]);

export interface QueueWorld {
  readonly faults: Faults;
  now(): number;
  at(time: number, act: () => void | Promise<void>): void;
  roll(...labels: readonly (string | number)[]): number;
  trace(line: () => string): void;
  /** The transition is lost or late: what follows from it may follow otherwise. */
  disturbed(transition: Transition): void;
  handle(run: RunId, batch: readonly Transition[]): Promise<'done' | 'failed'>;
}

interface Group {
  readonly waiting: Transition[];
  busy: boolean;
  scheduled: boolean;
  deliveries: number;
}

const LATENCY = 2;
const RETRY_AFTER = 500;
const BATCH = 10;

export class Queue {
  readonly #world: QueueWorld;
  readonly #groups = new Map<RunId, Group>();
  #sent = 0;

  constructor(world: QueueWorld) {
    this.#world = world;
  }

  /** Messages that are here and not handled; those still under way are on the agenda. */
  get size(): number {
    let size = 0;
    for (const group of this.#groups.values()) size += group.waiting.length + (group.busy ? 1 : 0);
    return size;
  }

  send(transition: Transition): void {
    const { faults } = this.#world;
    const n = this.#sent;
    this.#sent += 1;
    if (MAY_BE_LOST.has(transition.kind) && this.#world.roll('lose', n) < faults.drop) {
      this.#world.trace(() => `lost: ${show(transition)}`);
      this.#world.disturbed(transition);
      return;
    }
    this.#later(transition, n, 0);
    if (this.#world.roll('twice', n) < faults.duplicate) this.#later(transition, n, 1);
  }

  #later(transition: Transition, n: number, copy: number): void {
    const { faults, now, roll } = this.#world;
    const late = roll('late', n, copy) < Math.max(faults.late, copy === 1 ? 0.5 : 0);
    const delay = late
      ? 1 + Math.floor(roll('lateness', n, copy) * Math.max(faults.lateness, 20))
      : 0;
    if (delay === 0) this.#arrive(transition);
    else {
      if (copy === 0) this.#world.disturbed(transition);
      this.#world.at(now() + delay, () => this.#arrive(transition));
    }
  }

  #arrive(transition: Transition): void {
    const group = this.#group(transition.run);
    group.waiting.push(transition);
    this.#pump(transition.run, group, LATENCY);
  }

  #group(run: RunId): Group {
    const known = this.#groups.get(run);
    if (known !== undefined) return known;
    const group: Group = { waiting: [], busy: false, scheduled: false, deliveries: 0 };
    this.#groups.set(run, group);
    return group;
  }

  #pump(run: RunId, group: Group, delay: number): void {
    if (group.busy || group.scheduled || group.waiting.length === 0) return;
    group.scheduled = true;
    this.#world.at(this.#world.now() + delay, () => this.#deliver(run, group));
  }

  async #deliver(run: RunId, group: Group): Promise<void> {
    group.scheduled = false;
    group.busy = true;
    group.deliveries += 1;
    const size = 1 + Math.floor(this.#world.roll('batch', run, group.deliveries) * BATCH);
    const batch = group.waiting.splice(0, size);
    const outcome = await this.#world.handle(run, batch);
    group.busy = false;
    if (outcome === 'failed') group.waiting.unshift(...batch);
    this.#pump(run, group, outcome === 'failed' ? RETRY_AFTER : LATENCY);
  }
}

/** A transition in a line, without what is the same in all. */
export function show(transition: Transition): string {
  const { kind, run, ...rest } = transition;
  const shown = Object.entries(rest).filter(([key]) => key !== 'token');
  return `${kind} ${run.slice(-4)} ${shown.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ')}`;
}
