/**
 * The concerns that are measured, each with its figures and their targets. The code of a concern is
 * loaded only in the process that measures it.
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
        'replay, per recorded call of an awaited loop of 10,000 calls',
      ),
      target('replay.100k', 'µs', { highest: 4.8 }, 'the same at 100,000 calls'),
    ],
    measure: async (quick) => (await import('./replay.ts')).measureReplay(quick),
  },
  {
    name: 'chain',
    targets: [
      target(
        'chain.lazy',
        'ms',
        { highest: 0.75 },
        'engine and SQLite, no-op jobs: per step of a chain of 1,000, as a graph',
      ),
      target('chain.awaited', 'ms', { highest: 0.75 }, 'the same, each step awaited in a loop'),
    ],
    measure: async (quick) => (await import('./engine.ts')).measureChains(quick),
  },
  {
    name: 'parallel',
    targets: [
      target(
        'parallel',
        'steps/s',
        { lowest: 2700 },
        'engine and SQLite, no-op jobs: 1,000 parallel steps',
      ),
    ],
    measure: async (quick) => (await import('./engine.ts')).measureParallel(quick),
  },
  {
    name: 'scale.awaited',
    targets: [
      target(
        'scale.awaited',
        '×',
        { highest: 1.2 },
        'time per step of an awaited loop of 20,000, divided by that of 2,000, warm',
      ),
    ],
    measure: async (quick) => (await import('./engine.ts')).measureScaleAwaited(quick),
  },
  {
    name: 'scale.graph',
    targets: [
      target(
        'scale.graph',
        '×',
        { highest: 1.2 },
        'time per step of a graph of 100,000, divided by that of 1,000, warm',
      ),
      target(
        'scale.memory',
        'MB',
        { highest: 600 },
        'peak memory of a process that runs that graph',
      ),
    ],
    processes: 3,
    measure: async (quick) => (await import('./engine.ts')).measureScaleGraph(quick),
  },
  {
    name: 'large',
    targets: [
      target(
        'large.disk',
        '×',
        { highest: 1.2 },
        'objects of a run that passes one array of 3 MB to 40 steps, divided by its size',
      ),
      target('large.memory', 'MB', { highest: 300 }, 'peak memory of the process that runs it'),
    ],
    processes: 3,
    measure: async (quick) => (await import('./engine.ts')).measureLarge(quick),
  },
  {
    name: 'cached',
    targets: [target('cached', 's', { highest: 0.5 }, 'a chain of 1,000 cached steps')],
    measure: async (quick) => (await import('./engine.ts')).measureCached(quick),
  },
  {
    name: 'subprocess',
    targets: [
      target(
        'subprocess',
        'ms',
        { highest: 30 },
        'per step of a chain of 200 no-op subprocess steps',
      ),
    ],
    measure: async (quick) => (await import('./command.ts')).measureSubprocess(quick),
  },
  {
    name: 'subprocess.shared',
    targets: [
      target(
        'subprocess.shared',
        'ms',
        { highest: 3 },
        'per step of 1,000 parallel no-op steps that share processes',
      ),
    ],
    measure: async (quick) => (await import('./command.ts')).measureShared(quick),
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
    measure: async () => (await import('./bundle.ts')).measureBundle(),
  },
  {
    name: 'console',
    targets: [
      target('console.group', 'ms', { highest: 100 }, 'groups of a run of 30,004 calls'),
      target('console.layout', 'ms', { highest: 150 }, 'the layout of a graph of 5,000 boxes'),
    ],
    measure: async (quick) => (await import('./console.ts')).measureGraph(quick),
  },
  {
    name: 'browser',
    targets: [
      target(
        'browser.open',
        's',
        { highest: 2 },
        'a run of 30,004 calls opened in Chromium, against `headrace dev`',
      ),
      target('browser.pan', 'frames/s', { lowest: 58 }, 'a graph of 5,000 boxes, while dragged'),
      target('browser.zoom', 'frames/s', { lowest: 58 }, 'the same, while zoomed'),
    ],
    measure: async (quick) => (await import('./browser.ts')).measureBrowser(quick),
  },
  {
    name: 'series',
    targets: [
      target('series', 'ms', { highest: 150 }, 'a metric of 120,000 points reduced to 600'),
    ],
    measure: async (quick) => (await import('./series.ts')).measureSeries(quick),
  },
  {
    name: 'reading',
    targets: [
      target(
        'reading.graph',
        'kB',
        { highest: 20 },
        'graph and state of a run of 1,001 steps, as they are sent by `headrace dev`',
      ),
      target('reading.requests', 'requests', { highest: 2 }, 'the same'),
      target('reading.log', 'requests', { highest: 1 }, 'the end of a log of 100,000 lines'),
    ],
    measure: async (quick) => (await import('./reading.ts')).measureReading(quick),
  },
  {
    name: 'demo',
    targets: [
      target('demo', 's', { highest: 6 }, '`npm run demo` after the install, the build included'),
    ],
    measure: async (quick) => (await import('./command.ts')).measureDemo(quick),
  },
];
