/**
 * The timers of the runs. Each fires once, at its time, unless it was replaced or cleared before.
 *
 * @module
 */
import type { Timer } from '../../src/ports/tasks.ts';
import { type MirroredRun, timerKey } from './mirror.ts';
import type { SimulationContext } from './simulation-context.ts';

type TimersContext = Pick<SimulationContext, 'now' | 'at' | 'send'>;

export class ArmedTimers {
  readonly #context: TimersContext;
  readonly #armed = new WeakSet<Timer>();

  constructor(world: TimersContext) {
    this.#context = world;
  }

  arm(run: MirroredRun): void {
    for (const timer of run.timers.values()) this.#arm(run, timer);
  }

  #arm(run: MirroredRun, timer: Timer): void {
    if (this.#armed.has(timer)) return;
    this.#armed.add(timer);
    const context = this.#context;
    context.at(Math.max(context.now(), timer.at), () => {
      if (run.timers.get(timerKey(timer)) !== timer) return;
      run.timers.delete(timerKey(timer));
      context.send({
        kind: 'timer.fired',
        run: run.info.id,
        timer: timer.kind,
        subject: timer.subject,
        generation: timer.generation,
      });
    });
  }
}
