/**
 * The processes that share the work. Each is a controller with an evaluator of its own, until it
 * crashes.
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
  /** It hung in a call, and the queue delivers its batches to other processes. */
  isReplaced: boolean;
  /** Number of batches that it handles. */
  activeBatches: number;
  /** Number of calls that hang. */
  hangingCalls: number;
}

export interface PoolContext {
  readonly plan: WorldPlan;
  roll(what: string): number;
  trace(line: () => string): void;
  count(what: string): void;
  /** The world has no more faults. */
  isFaultFree(): boolean;
  /** Resolves when the call may continue; undefined if it may continue at once. */
  turn(process: number, call: string): Promise<void> | undefined;
  openEngine(life: ProcessLife, skewMs: number): Engine;
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

  /** A process for the next batch. Crashed processes are replaced. */
  choose(): SimulatedProcess {
    const context = this.#context;
    const usable = this.all.filter((process) => !process.life.hasCrashed && !process.isReplaced);
    while (usable.length < context.plan.faults.processes) {
      usable.push(this.#start());
    }
    const chosen = usable[Math.floor(context.roll('process') * usable.length)];
    if (chosen === undefined) throw new RangeError('there is no process');
    return chosen;
  }

  /** The life of a new process, which may crash. */
  newLife(): ProcessLife {
    const context = this.#context;
    const number = this.#startedProcesses;
    this.#startedProcesses += 1;
    return new ProcessLife(number, {
      faultOf: (call) => this.#faultOf(call),
      turn: (process, call) => context.turn(process, call),
      onCrash: (process, call, when) => {
        this.#crashes += 1;
        context.count('crashes');
        context.trace(() => `process ${process} crashes ${when} ${call}`);
      },
    });
  }

  #start(): SimulatedProcess {
    const context = this.#context;
    const life = this.newLife();
    const skewMs = Math.floor(
      (roll(context.plan.seed, 'skew', life.number) - 0.5) * 2 * context.plan.faults.skewMs,
    );
    const process: SimulatedProcess = {
      life,
      engine: context.openEngine(life, skewMs),
      isReplaced: false,
      activeBatches: 0,
      hangingCalls: 0,
    };
    this.all.push(process);
    return process;
  }

  #faultOf(call: string): CallFault {
    const context = this.#context;
    if (context.isFaultFree()) return 'nothing';
    const { crash, hiccup } = context.plan.faults;
    const rolled = context.roll(call);
    if (rolled < crash) return rolled < crash / 2 ? 'crash before' : 'crash after';
    if (rolled < crash + hiccup) context.count('hiccups');
    if (rolled < crash + hiccup)
      return rolled < crash + hiccup / 2 ? 'hiccup before' : 'hiccup after';
    return 'nothing';
  }
}
