/**
 * The outcomes of a story, which each version must reach.
 *
 * @module
 */
import { runIdSchema } from '../../src/model/ids.ts';
import type { RecordedEngine } from './recorded-engine.ts';
import type { Kit } from './records.ts';
import { idOf, type Story } from './stories.ts';

/** The outcome of each run of the story, without times. */
export async function outcomesOf(engine: RecordedEngine, kit: Kit, story: Story) {
  const outcomes: Record<string, unknown> = {};
  const { tasks } = engine.ports(kit);
  for (const name of new Set(story.phases.map(({ run }) => run))) {
    const id = runIdSchema.parse(idOf(name));
    const run = await tasks.run(id);
    if (run === undefined) throw new Error(`run ${name} is missing`);
    const steps = await engine.queries.allSteps(id);
    const events = await tasks.events(id, 0, 10_000);
    outcomes[name] = {
      status: run.head.status,
      result: run.head.result,
      error: run.head.error,
      tags: run.head.tags,
      artifacts: (await engine.queries.runArtifacts(id, { limit: 100 })).map(({ name }) => name),
      callbackErrors: run.head.callbackErrors,
      steps: await Promise.all(
        steps.map(async ({ name: step, status, values, error, attempts, cachedFrom, call }) => ({
          step,
          status,
          values,
          error: error?.message ?? null,
          attempts: attempts.length,
          cachedFrom,
          points: (await engine.queries.points(id, call)).map(({ value }) => value),
        })),
      ),
      events: events.map(({ at: _, ...event }) => event),
      signatures: await tasks.signatures(id, 0, 10_000),
    };
  }
  return outcomes;
}
