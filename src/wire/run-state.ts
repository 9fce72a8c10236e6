/**
 * Columnar documents of a run: the graph of its calls, their statuses, their times, and what changed
 * since a revision. A document of 1,000 steps is some kilobytes.
 *
 * 1. Calls are numbered from 0 in the order in which the logic made them. Columns are indexed by
 *    call.
 * 2. The graph of a call never changes within an epoch: a reader requests calls that it does not
 *    have yet. A resume that removes calls starts a new epoch; everything is read again then.
 *
 * @module
 */
import { z } from 'zod';
import { runSchema } from './runs.ts';
import { stepCountsSchema, stepStatusSchema } from './step-counts.ts';

const epochSchema = z.int().nonnegative().meta({
  description: 'Changes when calls were removed, by a resume: then everything is read again.',
});

export const runGraphSchema = z
  .object({
    epoch: epochSchema,
    from: z.int().meta({ description: 'The first call of this page.' }),
    calls: z.int().meta({ description: 'The number of calls of this page.' }),
    more: z
      .boolean()
      .meta({ description: 'Further calls exist: request them from `from + calls`.' }),
    components: z.array(z.string()).meta({
      description: 'Names of components, in the order of their first calls on this page.',
    }),
    component: z.array(z.int()).meta({
      description:
        'Runs of equal components: an index of `components`, then how many calls have it.',
    }),
    names: z.array(z.tuple([z.int(), z.string()])).meta({
      description:
        'Calls with another name than the usual one: the component for its first call in the run, then `component_1`, `component_2`, …',
    }),
    ordinals: z.array(z.int()).meta({
      description: 'For each component of `components`, the number of its calls before `from`.',
    }),
    parents: z.array(z.int()).meta({
      description:
        'For each call the number of ranges of parents, then for each range the distance from the call to its last member, and its length.',
    }),
  })
  .meta({ id: 'RunGraph' });
export type RunGraphDocument = z.infer<typeof runGraphSchema>;

export { DURATION_BUCKETS_MS } from '../model/execution-totals.ts';

export const componentStateSchema = z
  .object({
    name: z.string(),
    calls: z.int(),
    counts: stepCountsSchema,
    startedAt: z
      .int()
      .nullable()
      .meta({ description: 'The first start, in milliseconds since the epoch.' }),
    endedAt: z.int().nullable().meta({ description: 'The last end so far.' }),
    durationMs: z.int().meta({ description: 'The sum of the durations of completed executions.' }),
    durations: z.array(z.int()).meta({
      description:
        'Completed executions by duration: below 0.1, 0.3, 1, 3, 10, 30 seconds, 1, 3, 10, 30 minutes, 2 hours, and above.',
    }),
    failures: z.array(z.int()).meta({ description: 'The first 20 failed calls.' }),
  })
  .meta({ id: 'ComponentState' });
export type ComponentState = z.infer<typeof componentStateSchema>;

export const runStateSchema = z
  .object({
    epoch: epochSchema,
    revision: z.int(),
    calls: z.int(),
    statuses: z.string().meta({
      description:
        'Base64 of four bits a call, the lower half of a byte first: the index of its status among pending, queued, running, completed, failed, aborted, cached, skipped, superseded.',
    }),
    components: z.array(componentStateSchema),
  })
  .meta({ id: 'RunState' });
export type RunStateDocument = z.infer<typeof runStateSchema>;

export const runTimingsSchema = z
  .object({
    epoch: epochSchema,
    revision: z.int(),
    from: z.int(),
    calls: z.int(),
    more: z.boolean(),
    base: z
      .int()
      .meta({ description: 'Milliseconds since the epoch, from which all times count.' }),
    queued: z.array(z.int()).meta({
      description:
        'When the first attempt was queued, in milliseconds after `base`; -1: it was not.',
    }),
    started: z
      .array(z.int())
      .meta({ description: 'When the last attempt started; -1: it did not.' }),
    ended: z.array(z.int()).meta({ description: 'When the step ended; -1: it did not.' }),
    attempts: z
      .array(z.tuple([z.int(), z.array(z.tuple([z.int(), z.int(), z.int(), z.string()]))]))
      .meta({
        description:
          'Calls with several attempts: for each attempt the times it was queued, started and ended, and its status.',
      }),
  })
  .meta({ id: 'RunTimings' });
export type RunTimingsDocument = z.infer<typeof runTimingsSchema>;

/** A changed step: call, status, number of attempts, queued, started and ended (ms), waiting reason. */
export const stepChangeSchema = z.object({
  call: z.int(),
  status: stepStatusSchema,
  attempts: z.int(),
  waitingFor: z.string(),
  queuedAt: z.int().nullable(),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
});
export type StepChange = z.infer<typeof stepChangeSchema>;

export const runChangesSchema = z
  .object({
    epoch: epochSchema,
    revision: z.int().meta({ description: 'Request changes since this revision next.' }),
    reset: z.boolean().meta({
      description:
        'The changes since that revision are not on record, or calls were removed: read the graph and the state again. `steps` is empty then.',
    }),
    more: z.boolean().meta({ description: 'Further changes are on record: request them at once.' }),
    run: runSchema.nullable().meta({ description: 'The run, if it changed; else null.' }),
    calls: z.int().meta({ description: 'The number of calls of the run.' }),
    steps: z.array(stepChangeSchema).meta({
      description: 'Steps that were created or changed, each once, in the order of calls.',
    }),
  })
  .meta({ id: 'RunChanges' });
export type RunChangesDocument = z.infer<typeof runChangesSchema>;
