/**
 * A pool of idle runners, started before there is work for them.
 *
 * 1. A runner is acquired once.
 * 2. The pool starts small, and grows by one each time that no runner is ready, up to its size.
 * 3. The log of a runner that exits without work is removed.
 * 4. A runner that exits while it is idle is replaced only after the next acquisition, so that a
 *    program that cannot start is not started in a loop.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers';
import type { RunnerProcess } from './runner-process.ts';

export interface RunnerPool {
  /**
   * Returns a runner that is ready, or one that is still starting.
   *
   * @param stays the runner can run other attempts later, and is not replaced: one that nothing
   *   needs would take a processor from it while it starts
   */
  acquire(options?: { readonly stays?: boolean }): RunnerProcess;
  close(): Promise<void>;
}

const INITIAL_IDLE_RUNNERS = 2;

export function createRunnerPool(size: number, start: () => RunnerProcess): RunnerPool {
  /** Idle runners, each with a promise of the cleanup after its exit. */
  const idle = new Map<RunnerProcess, Promise<void>>();
  let targetSize = Math.min(INITIAL_IDLE_RUNNERS, size);
  let closed = false;
  let refilling = false;

  function startIdle(): RunnerProcess {
    const runner = start();
    const exited = runner.exited.then(async () => {
      if (idle.delete(runner)) await rm(runner.logFile, { force: true });
    });
    idle.set(runner, exited);
    return runner;
  }

  function refill(): void {
    if (refilling) return;
    refilling = true;
    // Deferred until the acquired runner has its assignment, because starting a process blocks.
    setImmediate(() => {
      refilling = false;
      try {
        while (!closed && idle.size < targetSize) startIdle();
      } catch {
        // The system has run out of processes, file descriptors or disk space. The next `acquire`
        // throws the error.
      }
    });
  }

  refill();
  return {
    acquire({ stays = false } = {}) {
      let chosen: RunnerProcess | undefined;
      for (const runner of idle.keys()) {
        chosen ??= runner;
        if (runner.isReady) {
          chosen = runner;
          break;
        }
      }
      if (!stays && chosen?.isReady !== true) targetSize = Math.min(size, targetSize + 1);
      chosen ??= startIdle();
      idle.delete(chosen);
      if (!stays) refill();
      return chosen;
    },
    async close() {
      closed = true;
      const exits = [...idle.values()];
      for (const runner of idle.keys()) runner.signal('SIGKILL');
      await Promise.all(exits);
    },
  };
}
