/**
 * An executor for tests: containers do what the test says, when it says so.
 *
 * @module
 */
import type { ContainerEnd, ContainerPlan, Executor } from './index.ts';

export interface ManualContainer {
  readonly plan: ContainerPlan;
  /** What it was sent. It ends by SIGKILL alone, or by the test's word. */
  readonly signals: readonly string[];
  end(exitCode: number, reason?: string): void;
  /** Resolves when it has been sent a signal. */
  signalled(): Promise<string>;
}

export interface ManualExecutor extends Executor {
  readonly started: readonly ManualContainer[];
  /** Containers that run now. */
  readonly alive: ReadonlySet<ManualContainer>;
  /** The n-th container, from 0, once it has started. */
  container(index: number): Promise<ManualContainer>;
}

/** @param act Is called as each container starts; without it they wait for the test. */
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
        let settle: (end: ContainerEnd) => void = () => undefined;
        const ended = new Promise<ContainerEnd>((resolve) => {
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
