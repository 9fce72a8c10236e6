/**
 * Runs in short, for a comparison: one request has what tables of parameters, metrics, models, code
 * and durations need.
 *
 * @module
 */
import { z } from 'zod';
import { jsonObjectSchema, recordOf } from '../model/json.ts';
import { modelEntrySchema, runSummarySchema } from './runs.ts';
import { scalarSummarySchema } from './series.ts';
import { stepTotalsSchema } from './step-counts.ts';
import { stepSchema } from './steps.ts';

export const comparedRunSchema = runSummarySchema
  .extend({
    args: jsonObjectSchema,
    argsMap: recordOf(z.string(), z.array(z.string())),
    steps: stepTotalsSchema,
    codeHash: z.string().meta({ description: 'The SHA-256 of the bundle of the logic.' }),
    components: z
      .array(z.object({ name: z.string(), codeHash: z.string() }))
      .meta({ description: 'The components of the code, each with the SHA-256 of its bundle.' }),
    firstSteps: z
      .array(
        stepSchema.pick({
          call: true,
          name: true,
          component: true,
          status: true,
          startedAt: true,
          endedAt: true,
        }),
      )
      .meta({ description: 'The first 50 steps; /steps lists all of them.' }),
    scalars: z.array(scalarSummarySchema).meta({
      description: 'The metrics of the run itself, then those of its first 50 steps: 200 at most.',
    }),
    hasMoreScalars: z
      .boolean()
      .meta({ description: 'More metrics, or steps with metrics, exist.' }),
    models: z
      .array(
        modelEntrySchema.pick({ name: true, framework: true, size: true, hash: true }).extend({
          step: z
            .string()
            .nullable()
            .meta({ description: 'The step that stored it; null: the run itself.' }),
        }),
      )
      .meta({ description: 'The models of the run itself, then those of its first 50 steps.' }),
    hasMoreModels: z.boolean(),
  })
  .meta({ id: 'ComparedRun' });
export type ComparedRun = z.infer<typeof comparedRunSchema>;

export const runSummariesSchema = z
  .object({
    items: z.array(comparedRunSchema).meta({ description: 'In the order of the request.' }),
    missing: z
      .array(z.string())
      .meta({ description: 'Ids of the request without a run: it was removed, or has expired.' }),
    next: z.array(z.string()).meta({
      description: 'Ids for which the response has no room: request them next. Usually empty.',
    }),
  })
  .meta({ id: 'RunSummaries' });
export type RunSummaries = z.infer<typeof runSummariesSchema>;
