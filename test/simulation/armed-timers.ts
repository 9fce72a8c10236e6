/**
 * Timers of the runs' records: each fires once, at its time, unless it was replaced or cleared since.
 *
 * @module
 */
import type { Timer } from '../../src/ports/tasks.ts';
import type { Surroundings } from '../../testing/clock/agenda.ts';
import { timerKey } from './mirror.ts';
import type { MirroredRun } from './mirrored-run.ts';

type TimersContext = Pick<Surroundings, 'now' | 'at' | 'send'>;

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
    const world = this.#context;
    world.at(Math.max(world.now(), timer.at), () => {
      if (run.timers.get(timerKey(timer)) !== timer) return;
      run.timers.delete(timerKey(timer));
      world.send({
        kind: 'timer.fired',
        run: run.info.id,
        timer: timer.kind,
        subject: timer.subject,
        generation: timer.generation,
      });
    });
  }
}
