/**
 * The processes that share the work: each is a controller with an evaluator of its own, until it dies.
 *
 * @module
 */
import type { Engine } from './engine.ts';
import type { WorldPlan } from './plan.ts';
import { type CallFate, Life } from './processes.ts';
import { roll } from './random.ts';

export interface Process {
  readonly life: Life;
  readonly engine: Engine;
  /** It hung in a call, and the queue has given up on it. */
  stale: boolean;
  /** Batches that it handles. */
  active: number;
  /** Calls that hang. */
  hanging: number;
}

export interface PoolWorld {
  readonly plan: WorldPlan;
  roll(what: string): number;
  trace(line: () => string): void;
  count(what: string): void;
  /** Nothing dies and nothing fails any more. */
  isKind(): boolean;
  /** Resolves when the call may go on. Undefined: at once. */
  turn(process: number, call: string): Promise<void> | undefined;
  open(life: Life, skew: number): Engine;
}

export class Pool {
  readonly all: Process[] = [];
  readonly #world: PoolWorld;
  #born = 0;
  #deaths = 0;

  constructor(world: PoolWorld) {
    this.#world = world;
  }

  get deaths(): number {
    return this.#deaths;
  }

  /** Somebody who can handle a batch; whoever died is replaced. */
  choose(): Process {
    const world = this.#world;
    const usable = this.all.filter((process) => !process.life.dead && !process.stale);
    while (usable.length < world.plan.faults.processes) {
      const born = this.#spawn();
      usable.push(born);
    }
    const chosen = usable[Math.floor(world.roll('process') * usable.length)];
    if (chosen === undefined) throw new RangeError('no process');
    return chosen;
  }

  /** Of somebody who may die. */
  life(): Life {
    const world = this.#world;
    const number = this.#born;
    this.#born += 1;
    return new Life(number, {
      fate: (call) => this.#fate(call),
      turn: (process, call) => world.turn(process, call),
      died: (process, call, when) => {
        this.#deaths += 1;
        world.count('crashes');
        world.trace(() => `process ${process} dies ${when} ${call}`);
      },
    });
  }

  #spawn(): Process {
    const world = this.#world;
    const life = this.life();
    const skew = Math.floor(
      (roll(world.plan.seed, 'skew', life.number) - 0.5) * 2 * world.plan.faults.skew,
    );
    const process: Process = {
      life,
      engine: world.open(life, skew),
      stale: false,
      active: 0,
      hanging: 0,
    };
    this.all.push(process);
    return process;
  }

  #fate(call: string): CallFate {
    const world = this.#world;
    if (world.isKind()) return 'nothing';
    const { crash, hiccup } = world.plan.faults;
    const rolled = world.roll(call);
    if (rolled < crash) return rolled < crash / 2 ? 'crash before' : 'crash after';
    if (rolled < crash + hiccup) world.count('hiccups');
    if (rolled < crash + hiccup)
      return rolled < crash + hiccup / 2 ? 'hiccup before' : 'hiccup after';
    return 'nothing';
  }
}
