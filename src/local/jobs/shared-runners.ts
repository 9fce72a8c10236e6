/**
 * Runners that stay after an attempt, for the next attempt of the same component in the same run.
 *
 * 1. A runner is acquired by one attempt at a time, and only for the key that it was released with.
 * 2. The number of idle runners, their idle time and the number of attempts of a runner are bounded.
 * 3. A runner that is not kept is killed, with all processes of its group.
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
  /** In the order of their release. */
  #idle: readonly IdleRunner<R>[] = [];
  #closed = false;

  constructor(maxIdle: number) {
    this.#maxIdle = maxIdle;
  }

  /** The idle runner of the key that was released last; undefined if there is none. */
  acquire(key: string): R | undefined {
    const found = this.#idle.findLast((each) => each.key === key && !each.runner.hasExited);
    if (found !== undefined) this.#remove(found);
    return found?.runner;
  }

  release(key: string, runner: R): void {
    if (this.#closed || runner.attemptCount >= MAX_ATTEMPTS) return runner.signal('SIGKILL');
    const timer = setTimeout(() => this.#end(idle), MAX_IDLE_MS).unref();
    const idle: IdleRunner<R> = { key, runner, timer };
    void runner.exited.then(() => this.#remove(idle));
    this.#idle = [...this.#idle, idle];
    const [oldest] = this.#idle;
    if (oldest !== undefined && this.#idle.length > this.#maxIdle) this.#end(oldest);
  }

  /** Ends all idle runners. Those that are released later end as well. */
  async close(): Promise<void> {
    this.#closed = true;
    const ended = this.#idle;
    for (const idle of ended) this.#end(idle);
    await Promise.all(ended.map(({ runner }) => runner.exited));
  }

  #end(idle: IdleRunner<R>): void {
    this.#remove(idle);
    idle.runner.signal('SIGKILL');
  }

  #remove(idle: IdleRunner<R>): void {
    clearTimeout(idle.timer);
    this.#idle = this.#idle.filter((each) => each !== idle);
  }
}
