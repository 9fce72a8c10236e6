/**
 * An executor for tests: the test decides when a container exits, and how.
 *
 * @module
 */
import type { ContainerExit, ContainerPlan, Executor } from './index.ts';

export interface ManualContainer {
  readonly plan: ContainerPlan;
  /** The signals that it received. Only SIGKILL or the test ends it. */
  readonly signals: readonly string[];
  end(exitCode: number, reason?: string): void;
  /** Resolves when it has received a signal. */
  signalled(): Promise<string>;
}

export interface ManualExecutor extends Executor {
  readonly started: readonly ManualContainer[];
  /** The running containers. */
  readonly alive: ReadonlySet<ManualContainer>;
  /** The n-th container, from 0, once it has started. */
  container(index: number): Promise<ManualContainer>;
}

/** @param act called when a container starts; by default, containers wait for the test */
export function manualExecutor(
  act: (container: ManualContainer) => void = () => undefined,
): ManualExecutor {
  const started: ManualContainer[] = [];
  const alive = new Set<ManualContainer>();
  const waiting = new Set<() => void>();
  return {
    name: 'manual',
    started,
    alive,
    container: async (index) => {
      while (true) {
        const found = started[index];
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
    open: async () => ({
      start: async (plan) => {
        let settle: (end: ContainerExit) => void = () => undefined;
        const ended = new Promise<ContainerExit>((resolve) => {
          settle = resolve;
        });
        const signals: string[] = [];
        const listeners = new Set<(signal: string) => void>();
        const end = (exitCode: number, reason?: string) => {
          alive.delete(container);
          settle({ exitCode, ...(reason !== undefined && { reason }) });
        };
        const container: ManualContainer = {
          plan,
          signals,
          end,
          signalled: () =>
            new Promise((resolve) =>
              signals[0] === undefined ? listeners.add(resolve) : resolve(signals[0]),
            ),
        };
        started.push(container);
        alive.add(container);
        act(container);
        for (const wake of waiting) wake();
        waiting.clear();
        const signal = (name: 'SIGTERM' | 'SIGKILL') => {
          signals.push(name);
          for (const listen of listeners) listen(name);
          if (name === 'SIGKILL') end(137);
        };
        return { ended, signal };
      },
      remove: async () => undefined,
    }),
    close: async () => {
      for (const container of [...alive]) container.end(137);
    },
  };
}
