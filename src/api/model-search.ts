/**
 * Searches the models of all runs and their steps. There is no index of models: a request reads a
 * bounded number of runs and steps, newest runs first, and its page has the position of the next
 * one.
 *
 * 1. The work of one request is bounded. A page can be short or empty although another one follows.
 * 2. A run's own models come first, then those of its steps in the order of calls. Superseded steps
 *    are left out.
 *
 * @module
 */
import { z } from 'zod';
import type { Model } from '../model/artifacts.ts';
import { runIdSchema } from '../model/ids.ts';
import { MAX_NAME_LENGTH } from '../model/limits.ts';
import type { Run } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { RunQueries } from '../ports/tasks.ts';
import { positionNumberSchema } from './cursors.ts';

const MAX_RUNS_PER_PAGE = 25;
const MAX_STEPS_PER_PAGE = 500;

/**
 * The newest run before `before`. `steps` is null if its own models come next, after the name
 * `after`; otherwise the models of its steps come next, after the first `steps` of them, without
 * the first `skip` models there.
 */
export const modelPositionSchema = z.strictObject({
  before: runIdSchema.nullable(),
  after: z.string().max(MAX_NAME_LENGTH).nullable(),
  steps: positionNumberSchema.nullable(),
  skip: positionNumberSchema,
});
export type ModelPosition = z.infer<typeof modelPositionSchema>;

const FIRST: ModelPosition = { before: null, after: null, steps: null, skip: 0 };

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
  queries: Pick<RunQueries, 'runs' | 'allSteps' | 'runModels'>,
  filter: ModelFilter,
  from: ModelPosition | undefined,
): Promise<FoundModelPage> {
  const { project, pipeline, name, limit } = filter;
  const items: FoundModel[] = [];
  let { before, after, steps, skip } = from ?? FIRST;
  let remainingSteps = MAX_STEPS_PER_PAGE;
  /** Returns false if the page has no room for all of them. */
  const addRunModels = async (run: Run): Promise<boolean> => {
    const capacity = limit - items.length;
    const models = await queries.runModels(run.info.id, {
      after: after ?? undefined,
      name,
      limit: capacity + 1,
    });
    items.push(...models.slice(0, capacity).map((model) => ({ model, run, step: null })));
    if (models.length <= capacity) return true;
    after = models[capacity - 1]?.name ?? after;
    return false;
  };
  /** Returns false if the page has no room for all of them. */
  const addStepModels = (models: readonly Model[], run: Run, step: Step): boolean => {
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
      if (!(await addRunModels(run))) return { items, next: { before, after, steps, skip } };
      after = null;
      steps = 0;
    }
    while (steps < run.head.callCount) {
      if (remainingSteps === 0) return { items, next: { before, after, steps, skip } };
      const page = await queries.allSteps(
        run.info.id,
        Math.min(remainingSteps, run.head.callCount - steps),
        steps,
      );
      if (page.length === 0) break;
      remainingSteps -= page.length;
      for (const step of page) {
        if (step.status !== 'superseded' && !addStepModels(step.models, run, step))
          return { items, next: { before, after, steps, skip } };
        steps += 1;
      }
    }
    before = run.info.id;
    steps = null;
  }
  return { items, next: runs.length < MAX_RUNS_PER_PAGE ? null : { ...FIRST, before } };
}
