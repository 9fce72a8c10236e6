/**
 * What is measured: each concern with its figures and what they are held to. A concern's code is
 * loaded where it runs.
 *
 * @module
 */
import type { Concern, Target } from './harness.ts';

const target = (key: string, unit: string, goal: Target['goal'], what: string): Target => ({
  key,
  unit,
  goal,
  what,
});

export const CONCERNS: readonly Concern[] = [
  {
    name: 'replay',
    targets: [
      target(
        'replay.10k',
        'µs',
        { highest: 4 },
        'replay, per recorded call of an awaited loop of 10,000',
      ),
      target('replay.100k', 'µs', { highest: 4.8 }, 'the same at 100,000 calls'),
    ],
    take: async (quick) => (await import('./replay.ts')).takeReplay(quick),
  },
  {
    name: 'chain',
    targets: [
      target(
        'chain.lazy',
        'ms',
        { highest: 0.75 },
        'engine and SQLite, no-op jobs: a step of a chain of 1,000, as a graph',
      ),
      target('chain.awaited', 'ms', { highest: 0.75 }, 'the same, each awaited in a loop'),
    ],
    take: async (quick) => (await import('./engine.ts')).takeChains(quick),
  },
  {
    name: 'parallel',
    targets: [
      target(
        'parallel',
        'steps/s',
        { lowest: 2700 },
        'engine and SQLite, no-op jobs: 1,000 steps at once',
      ),
    ],
    take: async (quick) => (await import('./engine.ts')).takeParallel(quick),
  },
  {
    name: 'scale.awaited',
    targets: [
      target(
        'scale.awaited',
        '×',
        { highest: 1.2 },
        'a step of an awaited loop of 20,000, against one of 2,000, warm',
      ),
    ],
    take: async (quick) => (await import('./engine.ts')).takeScaleAwaited(quick),
  },
  {
    name: 'scale.graph',
    targets: [
      target(
        'scale.graph',
        '×',
        { highest: 1.2 },
        'a step of a graph of 100,000, against one of 1,000, warm',
      ),
      target('scale.memory', 'MB', { highest: 600 }, 'peak memory of a process with that graph'),
    ],
    processes: 3,
    take: async (quick) => (await import('./engine.ts')).takeScaleGraph(quick),
  },
  {
    name: 'cached',
    targets: [target('cached', 's', { highest: 0.5 }, 'a chain of 1,000 cached steps')],
    take: async (quick) => (await import('./engine.ts')).takeCached(quick),
  },
  {
    name: 'subprocess',
    targets: [
      target(
        'subprocess',
        'ms',
        { highest: 30 },
        'a step of a chain of 200 no-op subprocess steps',
      ),
    ],
    take: async (quick) => (await import('./command.ts')).takeSubprocess(quick),
  },
  {
    name: 'bundle',
    targets: [
      target(
        'bundle',
        'ms',
        { highest: 300 },
        'a pipeline of 20 components bundled, in a fresh process',
      ),
    ],
    processes: 9,
    take: async () => (await import('./bundle.ts')).takeBundle(),
  },
  {
    name: 'demo',
    targets: [target('demo', 's', { highest: 6 }, '`npm run demo` after install, build included')],
    take: async (quick) => (await import('./command.ts')).takeDemo(quick),
  },
];
