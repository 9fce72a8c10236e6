/**
 * Figures of the engine with its real store, and jobs that are over at once: what is left is what
 * Headrace itself costs.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LocalEngine, openLocalEngine } from '../src/engine/local-engine.ts';
import { compile } from '../src/submit/compile.ts';
import { prepareRun } from '../src/submit/prepare.ts';
import { rounds, type Samples, time } from './harness.ts';
import { createInstantJobs } from './instant-jobs.ts';

/** Relative to `dist`, where this program is bundled. */
const FILE = fileURLToPath(new URL('../bench/pipelines/engine.ts', import.meta.url));
const STEPS = 1000;

type Shape = 'lazy' | 'awaited' | 'parallel' | 'lanes' | 'cached';

interface Bench {
  /** Runs a pipeline to its end. Milliseconds a step. @throws if the run does not complete */
  perStep(shape: Shape, steps: number): Promise<number>;
}

/** Does `work` with an engine on a new home. */
async function onEngine<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'headrace-bench-'));
  const engine = await openLocalEngine({
    home,
    jobs: ({ transitions }) => createInstantJobs(transitions),
  });
  try {
    return await work({
      perStep: async (shape, steps) => (await run(engine, shape, steps)) / steps,
    });
  } finally {
    await engine.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function run(engine: LocalEngine, shape: Shape, steps: number): Promise<number> {
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

export const takeChains = (quick: boolean): Promise<Samples> =>
  onEngine(({ perStep }) =>
    rounds(quick ? 0 : 2, quick ? 1 : 7, async () => ({
      'chain.lazy': await perStep('lazy', quick ? 20 : STEPS),
      'chain.awaited': await perStep('awaited', quick ? 20 : STEPS),
    })),
  );

export const takeParallel = (quick: boolean): Promise<Samples> =>
  onEngine(({ perStep }) =>
    rounds(quick ? 0 : 2, quick ? 1 : 9, async () => ({
      parallel: 1000 / (await perStep('parallel', quick ? 20 : STEPS)),
    })),
  );

export const takeScaleAwaited = (quick: boolean): Promise<Samples> =>
  onEngine(({ perStep }) =>
    rounds(quick ? 0 : 1, quick ? 1 : 5, async () => {
      const short = await perStep('awaited', quick ? 20 : 2000);
      const long = await perStep('awaited', quick ? 200 : 20_000);
      return { 'scale.awaited': long / short };
    }),
  );

/** One sample: the peak of a process's memory is taken once. */
export const takeScaleGraph = (quick: boolean): Promise<Samples> =>
  onEngine(async ({ perStep }) => {
    const small = await rounds(quick ? 0 : 3, quick ? 1 : 5, async () => ({
      small: await perStep('lanes', quick ? 200 : STEPS),
    }));
    const sorted = [...(small.get('small') ?? [])].sort((a, b) => a - b);
    const large = await perStep('lanes', quick ? 2000 : 100_000);
    const { maxRSS } = process.resourceUsage();
    return new Map([
      ['scale.graph', [large / (sorted[sorted.length >> 1] ?? Number.NaN)]],
      ['scale.memory', [maxRSS / 1024]],
    ]);
  });

export const takeCached = (quick: boolean): Promise<Samples> =>
  onEngine(async ({ perStep }) => {
    const steps = quick ? 20 : STEPS;
    await perStep('cached', steps);
    return await rounds(quick ? 0 : 2, quick ? 1 : 9, async () => ({
      cached: ((await perStep('cached', steps)) * steps) / 1000,
    }));
  });
