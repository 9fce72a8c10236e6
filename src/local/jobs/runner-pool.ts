/**
 * Runners that were started before there is work for them.
 *
 * 1. A runner is given out once.
 * 2. The pool begins small, and grows each time that somebody finds none ready, up to its size.
 * 3. A runner that was never given out leaves nothing behind.
 * 4. One that ends while it is idle is not replaced before the next one is taken: a program that cannot start is not started in a loop.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers';
import type { RunnerProcess } from './runner-process.ts';

export interface RunnerPool {
  /** A runner that is ready, else one that is about to be. */
  acquire(): RunnerProcess;
  close(): Promise<void>;
}

const INITIAL_IDLE_RUNNERS = 2;

export function createRunnerPool(size: number, start: () => RunnerProcess): RunnerPool {
  /** With what is left to do when they end. */
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
    // After whoever took one has given it its work: starting a process blocks.
    setImmediate(() => {
      refilling = false;
      try {
        while (!closed && idle.size < targetSize) startIdle();
      } catch {
        // No process, file or disk is left. Whoever takes the next runner is told.
      }
    });
  }

  refill();
  return {
    acquire() {
      let chosen: RunnerProcess | undefined;
      for (const runner of idle.keys()) {
        chosen ??= runner;
        if (runner.isReady) {
          chosen = runner;
          break;
        }
      }
      if (chosen?.isReady !== true) targetSize = Math.min(size, targetSize + 1);
      chosen ??= startIdle();
      idle.delete(chosen);
      refill();
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
