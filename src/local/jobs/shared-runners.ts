/**
 * Runners that stay after an attempt, for the next attempt of the same component in the same run.
 *
 * 1. A runner is acquired by one attempt at a time, and only for the key that it was released with.
 * 2. The number of idle runners, their idle time and the number of attempts of a runner are bounded.
 * 3. A runner that is not kept is killed, with all processes of its group. `onEnd` is called when it
 *    has exited.
 *
 * @module
 */
import type { StepSpec } from '../../model/spec.ts';
import type { RunnerProcess } from './runner-process.ts';

/** Each attempt leaves its modules in the memory of the process. */
const MAX_ATTEMPTS = 500;
const MAX_IDLE_MS = 10_000;

/** The part of `RunnerProcess` that this module uses. */
export type SharedRunner = Pick<RunnerProcess, 'attemptCount' | 'exited' | 'hasExited' | 'signal'>;

interface IdleRunner<R> {
  readonly key: string;
  readonly runner: R;
  readonly timer: NodeJS.Timeout;
}

/** Identifies the attempts that may share a process; undefined for an attempt that shares none. */
export const sharedKeyOf = ({
  isolation,
  run,
  component,
  codeKey,
}: Pick<StepSpec, 'isolation' | 'run' | 'component' | 'codeKey'>): string | undefined =>
  isolation === 'shared' ? JSON.stringify([run, component, codeKey]) : undefined;

export class SharedRunners<R extends SharedRunner> {
  readonly #maxIdle: number;
  readonly #onEnd: (runner: R) => Promise<void>;
  /** In the order of their release. */
  #idle: readonly IdleRunner<R>[] = [];
  #closed = false;

  constructor(maxIdle: number, onEnd: (runner: R) => Promise<void>) {
    this.#maxIdle = maxIdle;
    this.#onEnd = onEnd;
  }

  /** The idle runner of the key that was released last; undefined if there is none. */
  acquire(key: string): R | undefined {
    const found = this.#idle.findLast((each) => each.key === key && !each.runner.hasExited);
    if (found !== undefined) this.#remove(found);
    return found?.runner;
  }

  /** Resolves at once if the runner is kept, otherwise after its end. */
  async release(key: string, runner: R): Promise<void> {
    if (this.#closed || runner.attemptCount >= MAX_ATTEMPTS) return this.#end(runner);
    const idle: IdleRunner<R> = {
      key,
      runner,
      timer: setTimeout(() => void this.#endIdle(idle), MAX_IDLE_MS).unref(),
    };
    void runner.exited.then(() => (this.#idle.includes(idle) ? this.#endIdle(idle) : undefined));
    this.#idle = [...this.#idle, idle];
    const [oldest] = this.#idle;
    if (oldest !== undefined && this.#idle.length > this.#maxIdle) void this.#endIdle(oldest);
  }

  /** Ends all idle runners. Those that are released later end as well. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#idle.map((idle) => this.#endIdle(idle)));
  }

  #endIdle(idle: IdleRunner<R>): Promise<void> {
    this.#remove(idle);
    return this.#end(idle.runner);
  }

  async #end(runner: R): Promise<void> {
    runner.signal('SIGKILL');
    await runner.exited;
    await this.#onEnd(runner);
  }

  #remove(idle: IdleRunner<R>): void {
    clearTimeout(idle.timer);
    this.#idle = this.#idle.filter((each) => each !== idle);
  }
}
