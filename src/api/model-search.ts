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

const MAX_RUNS_PER_PAGE = 25;
const MAX_STEPS_PER_PAGE = 500;

/** In the run before `before`, behind `steps` of its steps (`null`: at the run's own models), without the first `skip` there. */
export const modelPositionSchema = z.strictObject({
  before: z.string().nullable(),
  steps: z.int().nonnegative().nullable(),
  skip: z.int().nonnegative(),
});
export type ModelPosition = z.infer<typeof modelPositionSchema>;

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

export interface FoundModelPage {
  readonly items: readonly FoundModel[];
  readonly next: ModelPosition | null;
}

export async function findModels(
  queries: Pick<RunQueries, 'runs' | 'allSteps'>,
  filter: ModelFilter,
  from: ModelPosition | undefined,
): Promise<FoundModelPage> {
  const { project, pipeline, name, limit } = filter;
  const items: FoundModel[] = [];
  let { before, steps, skip } = from ?? { before: null, steps: null, skip: 0 };
  let remainingSteps = MAX_STEPS_PER_PAGE;
  /** False: there is no room for all of them. */
  const addMatching = (models: readonly Model[], run: Run, step: Step | null): boolean => {
    const matching = models
      .filter((model) => name === undefined || model.name === name)
      .slice(skip);
    const capacity = limit - items.length;
    items.push(...matching.slice(0, capacity).map((model) => ({ model, run, step })));
    skip = matching.length > capacity ? skip + capacity : 0;
    return matching.length <= capacity;
  };
  const runs = await queries.runs({
    ...(project === undefined ? {} : { project }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(before === null ? {} : { before }),
    limit: MAX_RUNS_PER_PAGE,
  });
  for (const run of runs) {
    if (steps === null) {
      if (!addMatching(run.head.models, run, null)) return { items, next: { before, steps, skip } };
      steps = 0;
    }
    while (steps < run.head.callCount) {
      if (remainingSteps === 0) return { items, next: { before, steps, skip } };
      const page = await queries.allSteps(
        run.info.id,
        Math.min(remainingSteps, run.head.callCount - steps),
        steps,
      );
      if (page.length === 0) break;
      remainingSteps -= page.length;
      for (const step of page) {
        if (step.status !== 'superseded' && !addMatching(step.models, run, step))
          return { items, next: { before, steps, skip } };
        steps += 1;
      }
    }
    before = run.info.id;
    steps = null;
  }
  return { items, next: runs.length < MAX_RUNS_PER_PAGE ? null : { before, steps: null, skip: 0 } };
}
