/**
 * The models of all runs and of their steps. Nobody keeps a list of them: a request goes through some runs and steps, newest runs first, and its page tells where
 * the next one goes on.
 *
 * 1. What one request reads is bounded, whatever there is: a page may be short, or empty, and still have a next one.
 * 2. A run's own models come first, then those of its steps in the order of calls. A step that nobody asked for again after a resume has none here.
 *
 * @module
 */
import { z } from 'zod';
import type { Model } from '../model/artifacts.ts';
import type { Run } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { RunQueries } from '../ports/tasks.ts';

const RUNS_LOOKED_AT = 25;
const STEPS_LOOKED_AT = 500;

/** In the run before `before`, behind `steps` of its steps (`null`: at the run's own models), without the first `skip` there. */
export const modelPlaceSchema = z.strictObject({
  before: z.string().nullable(),
  steps: z.int().nonnegative().nullable(),
  skip: z.int().nonnegative(),
});
export type ModelPlace = z.infer<typeof modelPlaceSchema>;

export interface ModelFilter {
  readonly project: string | undefined;
  readonly pipeline: string | undefined;
  readonly name: string | undefined;
  readonly limit: number;
}

export interface FoundModel {
  readonly model: Model;
  readonly run: Run;
  readonly step: Step | null;
}

export interface ModelsFound {
  readonly items: readonly FoundModel[];
  readonly next: ModelPlace | null;
}

export async function modelsFrom(
  queries: Pick<RunQueries, 'runs' | 'allSteps'>,
  filter: ModelFilter,
  from: ModelPlace | undefined,
): Promise<ModelsFound> {
  const { project, pipeline, name, limit } = filter;
  const items: FoundModel[] = [];
  let { before, steps, skip } = from ?? { before: null, steps: null, skip: 0 };
  let left = STEPS_LOOKED_AT;
  /** False: there is no room for all of them. */
  const take = (models: readonly Model[], run: Run, step: Step | null): boolean => {
    const wanted = models.filter((model) => name === undefined || model.name === name).slice(skip);
    const room = limit - items.length;
    items.push(...wanted.slice(0, room).map((model) => ({ model, run, step })));
    skip = wanted.length > room ? skip + room : 0;
    return wanted.length <= room;
  };
  const runs = await queries.runs({
    ...(project === undefined ? {} : { project }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(before === null ? {} : { before }),
    limit: RUNS_LOOKED_AT,
  });
  for (const run of runs) {
    if (steps === null) {
      if (!take(run.head.models, run, null)) return { items, next: { before, steps, skip } };
      steps = 0;
    }
    while (steps < run.head.callCount) {
      if (left === 0) return { items, next: { before, steps, skip } };
      const page = await queries.allSteps(
        run.info.id,
        Math.min(left, run.head.callCount - steps),
        steps,
      );
      if (page.length === 0) break;
      left -= page.length;
      for (const step of page) {
        if (step.status !== 'superseded' && !take(step.models, run, step))
          return { items, next: { before, steps, skip } };
        steps += 1;
      }
    }
    before = run.info.id;
    steps = null;
  }
  return { items, next: runs.length < RUNS_LOOKED_AT ? null : { before, steps: null, skip: 0 } };
}
