/**
 * Runners that were started before there is work for them.
 *
 * 1. A runner is given out once.
 * 2. The pool begins small, and grows each time that somebody finds none ready, up to its size.
 * 3. A runner that ends while it is idle is not replaced before the next one is taken: a program that cannot start is not started in a loop.
 *
 * @module
 */
import { setImmediate } from 'node:timers';
import type { RunnerProcess } from './runner-process.ts';

export interface Pool {
  /** A runner that is ready, else one that is about to be. */
  take(): RunnerProcess;
  close(): Promise<void>;
}

const FIRST = 2;

export function createPool(size: number, start: () => RunnerProcess): Pool {
  const idle = new Set<RunnerProcess>();
  let target = Math.min(FIRST, size);
  let closed = false;
  let refilling = false;

  function add(): RunnerProcess {
    const runner = start();
    idle.add(runner);
    void runner.ended.then(() => idle.delete(runner));
    return runner;
  }

  function refill(): void {
    if (refilling) return;
    refilling = true;
    // After whoever took one has given it its work: starting a process blocks.
    setImmediate(() => {
      refilling = false;
      while (!closed && idle.size < target) add();
    });
  }

  refill();
  return {
    take() {
      let chosen: RunnerProcess | undefined;
      for (const runner of idle) {
        chosen ??= runner;
        if (runner.isReady) {
          chosen = runner;
          break;
        }
      }
      if (chosen?.isReady !== true) target = Math.min(size, target + 1);
      chosen ??= add();
      idle.delete(chosen);
      refill();
      return chosen;
    },
    async close() {
      closed = true;
      const runners = [...idle];
      for (const runner of runners) runner.signal('SIGKILL');
      await Promise.all(runners.map(({ ended }) => ended));
    },
  };
}
