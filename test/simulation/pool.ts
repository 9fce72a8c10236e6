/**
 * The processes that share the work: each is a controller with an evaluator of its own, until it dies.
 *
 * @module
 */
import type { Engine } from './engine.ts';
import type { WorldPlan } from './plan.ts';
import { type CallFault, ProcessLife } from './processes.ts';
import { roll } from './random.ts';

export interface SimulatedProcess {
  readonly life: ProcessLife;
  readonly engine: Engine;
  /** It hung in a call, and the queue has given up on it. */
  isReplaced: boolean;
  /** Batches that it handles. */
  activeBatches: number;
  /** Calls that hang. */
  hangingCalls: number;
}

export interface PoolContext {
  readonly plan: WorldPlan;
  roll(what: string): number;
  trace(line: () => string): void;
  count(what: string): void;
  /** Nothing dies and nothing fails any more. */
  isFaultFree(): boolean;
  /** Resolves when the call may go on. Undefined: at once. */
  turn(process: number, call: string): Promise<void> | undefined;
  openEngine(life: ProcessLife, skew: number): Engine;
}

export class ProcessPool {
  readonly all: SimulatedProcess[] = [];
  readonly #context: PoolContext;
  #startedProcesses = 0;
  #crashes = 0;

  constructor(world: PoolContext) {
    this.#context = world;
  }

  get crashCount(): number {
    return this.#crashes;
  }

  /** Somebody who can handle a batch; whoever died is replaced. */
  choose(): SimulatedProcess {
    const world = this.#context;
    const usable = this.all.filter((process) => !process.life.hasCrashed && !process.isReplaced);
    while (usable.length < world.plan.faults.processes) {
      const born = this.#start();
      usable.push(born);
    }
    const chosen = usable[Math.floor(world.roll('process') * usable.length)];
    if (chosen === undefined) throw new RangeError('no process');
    return chosen;
  }

  /** Of somebody who may die. */
  newLife(): ProcessLife {
    const world = this.#context;
    const number = this.#startedProcesses;
    this.#startedProcesses += 1;
    return new ProcessLife(number, {
      faultOf: (call) => this.#faultOf(call),
      turn: (process, call) => world.turn(process, call),
      onCrash: (process, call, when) => {
        this.#crashes += 1;
        world.count('crashes');
        world.trace(() => `process ${process} dies ${when} ${call}`);
      },
    });
  }

  #start(): SimulatedProcess {
    const world = this.#context;
    const newLife = this.newLife();
    const skew = Math.floor(
      (roll(world.plan.seed, 'skew', newLife.number) - 0.5) * 2 * world.plan.faults.skewMs,
    );
    const process: SimulatedProcess = {
      life: newLife,
      engine: world.openEngine(newLife, skew),
      isReplaced: false,
      activeBatches: 0,
      hangingCalls: 0,
    };
    this.all.push(process);
    return process;
  }

  #faultOf(call: string): CallFault {
    const world = this.#context;
    if (world.isFaultFree()) return 'nothing';
    const { crash, hiccup } = world.plan.faults;
    const rolled = world.roll(call);
    if (rolled < crash) return rolled < crash / 2 ? 'crash before' : 'crash after';
    if (rolled < crash + hiccup) world.count('hiccups');
    if (rolled < crash + hiccup)
      return rolled < crash + hiccup / 2 ? 'hiccup before' : 'hiccup after';
    return 'nothing';
  }
}
