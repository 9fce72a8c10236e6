/**
 * Requests that change many runs, and their outcome for each run.
 *
 * @module
 */
import { z } from 'zod';
import { runIdSchema, tagsSchema } from '../model/ids.ts';
import { MAX_REASON_LENGTH, MAX_TAG_LENGTH, MAX_TAGS } from '../model/limits.ts';
import { problemSchema } from './service.ts';

/** Runs of one request. */
export const MAX_BULK_RUNS = 100;

const runIdsSchema = z
  .array(runIdSchema)
  .min(1)
  .max(MAX_BULK_RUNS)
  .meta({ description: 'Ids of runs. One that is repeated counts once.' });

export const abortRunsSchema = z
  .strictObject({
    runs: runIdsSchema,
    reason: z.string().trim().min(1).max(MAX_REASON_LENGTH).default('aborted on request'),
  })
  .meta({ id: 'AbortRuns' });
export type AbortRuns = z.input<typeof abortRunsSchema>;

export const changeTagsOfRunsSchema = z
  .strictObject({
    runs: runIdsSchema,
    add: tagsSchema.default([]),
    remove: z.array(z.string().min(1).max(MAX_TAG_LENGTH)).max(MAX_TAGS).default([]),
  })
  .refine(({ add, remove }) => add.length + remove.length > 0, {
    message: 'name tags to add or to remove',
    path: ['add'],
  })
  .meta({ id: 'ChangeTagsOfRuns' });
export type ChangeTagsOfRuns = z.input<typeof changeTagsOfRunsSchema>;

export const archiveRunsSchema = z
  .strictObject({ runs: runIdsSchema, archived: z.boolean() })
  .meta({ id: 'ArchiveRuns' });
export type ArchiveRuns = z.input<typeof archiveRunsSchema>;

export const removeRunsSchema = z.strictObject({ runs: runIdsSchema }).meta({ id: 'RemoveRuns' });
export type RemoveRuns = z.input<typeof removeRunsSchema>;

export const bulkOutcomeSchema = z
  .object({
    items: z
      .array(
        z.object({
          run: runIdSchema,
          status: z.int().meta({ description: 'As the request for this run alone is answered.' }),
          problem: problemSchema.nullable().meta({ description: 'Null: the request is accepted.' }),
        }),
      )
      .meta({ description: 'In the order of the request.' }),
  })
  .meta({ id: 'BulkOutcome', description: 'The outcome for each run.' });
export type BulkOutcome = z.infer<typeof bulkOutcomeSchema>;
