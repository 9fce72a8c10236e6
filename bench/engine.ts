/**
 * Figures of the engine with its real store and with jobs that end at once: they show the cost of
 * Headrace itself.
 *
 * @module
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalEngine } from '../src/engine/engine-interface.ts';
import { openLocalEngine } from '../src/engine/local-engine.ts';
import { compile } from '../src/submit/compile.ts';
import { prepareRun } from '../src/submit/prepare.ts';
import { rounds, type Samples, time } from './harness.ts';
import { createInstantJobs } from './instant-jobs.ts';

/** Relative to `dist`, where this program is bundled. */
const FILE = fileURLToPath(new URL('../bench/pipelines/engine.ts', import.meta.url));
const STEP_COUNT = 1000;

type Shape = 'lazy' | 'awaited' | 'parallel' | 'chains' | 'cached' | 'large';

interface StepTimer {
  /** Runs a pipeline and returns milliseconds per step. @throws if the run does not complete */
  perStep(shape: Shape, steps: number): Promise<number>;
  readonly home: string;
}

/** Calls `work` with an engine on a new home. */
async function withEngine<T>(work: (timer: StepTimer) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
  const engine = await openLocalEngine({
    home,
    jobs: ({ transitions }) => createInstantJobs(transitions),
  });
  try {
    return await work({
      home,
      perStep: async (shape, steps) => (await runMs(engine, shape, steps)) / steps,
    });
  } finally {
    await engine.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function runMs(engine: LocalEngine, shape: Shape, steps: number): Promise<number> {
  const compiled = await compile({ file: FILE, pipeline: shape });
  const info = await prepareRun(
    compiled,
    { args: { steps }, noCache: false },
    engine.store.registry,
  );
  const milliseconds = await time(async () => {
    await engine.start(info, compiled.texts);
    await engine.waitUntilFinished(info.id);
  });
  const ended = await engine.store.tasks.run(info.id);
  if (ended?.head.status !== 'completed' || ended.head.callCount !== steps) {
    throw new Error(
      `${shape} with ${steps} steps ended ${ended?.head.status} after ${ended?.head.callCount} calls: ${JSON.stringify(ended?.head.error)}`,
    );
  }
  return milliseconds;
}

export const measureChains = (quick: boolean): Promise<Samples> =>
  withEngine(({ perStep }) =>
    rounds(quick ? 0 : 2, quick ? 1 : 7, async () => ({
      'chain.lazy': await perStep('lazy', quick ? 20 : STEP_COUNT),
      'chain.awaited': await perStep('awaited', quick ? 20 : STEP_COUNT),
    })),
  );

export const measureParallel = (quick: boolean): Promise<Samples> =>
  withEngine(({ perStep }) =>
    rounds(quick ? 0 : 2, quick ? 1 : 9, async () => ({
      parallel: 1000 / (await perStep('parallel', quick ? 20 : STEP_COUNT)),
    })),
  );

export const measureScaleAwaited = (quick: boolean): Promise<Samples> =>
  withEngine(({ perStep }) =>
    rounds(quick ? 0 : 1, quick ? 1 : 5, async () => {
      const short = await perStep('awaited', quick ? 20 : 2000);
      const long = await perStep('awaited', quick ? 200 : 20_000);
      return { 'scale.awaited': long / short };
    }),
  );

/** Returns one sample, because a process has only one peak of memory. */
export const measureScaleGraph = (quick: boolean): Promise<Samples> =>
  withEngine(async ({ perStep }) => {
    const small = await rounds(quick ? 0 : 3, quick ? 1 : 5, async () => ({
      small: await perStep('chains', quick ? 200 : STEP_COUNT),
    }));
    const sorted = [...(small.get('small') ?? [])].sort((a, b) => a - b);
    const large = await perStep('chains', quick ? 2000 : 100_000);
    const { maxRSS } = process.resourceUsage();
    return new Map([
      ['scale.graph', [large / (sorted[sorted.length >> 1] ?? Number.NaN)]],
      ['scale.memory', [maxRSS / 1024]],
    ]);
  });

export const measureCached = (quick: boolean): Promise<Samples> =>
  withEngine(async ({ perStep }) => {
    const steps = quick ? 20 : STEP_COUNT;
    await perStep('cached', steps);
    return await rounds(quick ? 0 : 2, quick ? 1 : 9, async () => ({
      cached: ((await perStep('cached', steps)) * steps) / 1000,
    }));
  });

/** The bytes of the array in `pipelines/engine.ts` as JSON. */
const LARGE_BYTES = 3_111_189;

/** Returns one sample, because a process has only one peak of memory. */
export const measureLarge = (quick: boolean): Promise<Samples> =>
  withEngine(async ({ perStep, home }) => {
    await perStep('large', quick ? 2 : 40);
    const objects = join(home, 'objects', 'p');
    let bytes = 0;
    for (const entry of await readdir(objects, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
    const { maxRSS } = process.resourceUsage();
    return new Map([
      ['large.disk', [bytes / LARGE_BYTES]],
      ['large.memory', [maxRSS / 1024]],
    ]);
  });
