/**
 * Documents of steps and attempts.
 *
 * @module
 */
import { z } from 'zod';
import { argumentPreviewSchema } from '../model/argument-previews.ts';
import { cacheExplanationSchema } from '../model/cache-explanation.ts';
import { errorRecordSchema } from '../model/errors.ts';
import { jsonObjectSchema } from '../model/json.ts';
import { costSchema } from './costs.ts';
import { artifactEntrySchema, modelEntrySchema, pointDocumentSchema } from './runs.ts';
import { stepStatusSchema } from './step-counts.ts';
import { pageSchemaOf, timeSchema } from './values.ts';

export const attemptSchema = z
  .object({
    number: z.int(),
    status: z.enum(['queued', 'running', 'completed', 'failed', 'aborted']),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    reason: z.string().nullable(),
    error: errorRecordSchema.nullable().meta({
      description:
        'The error of the attempt, without its stack; the step has that of the last one.',
    }),
    infrastructureFailure: z.boolean().meta({
      description:
        'The infrastructure failed, not the step: the failure does not count against `retryOnFailure`.',
    }),
    hasLog: z.boolean(),
    artifacts: z.array(z.string()).meta({
      description:
        'Names of what the attempt uploaded before another one replaced it; the first ones of a long list. The step itself has the artifacts of the attempt that counts.',
    }),
    models: z.array(z.string()).meta({ description: 'The same for models.' }),
    hasPlots: z.boolean().default(false).meta({
      description: 'It reported tables, images or confusion matrices: /plots lists them.',
    }),
    queuedAt: timeSchema,
    startedAt: timeSchema.nullable(),
    endedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Attempt' });
export type AttemptDocument = z.infer<typeof attemptSchema>;

export const cacheExplanationDocumentSchema = cacheExplanationSchema.meta({
  id: 'CacheExplanation',
  description:
    'Why a step was computed or taken from the cache. Times are milliseconds of the epoch.',
});

const originSchema = z
  .object({ run: z.string(), step: z.string() })
  .meta({ id: 'StepOrigin', description: 'A step of another run, or of this one.' });

export const usedModelSchema = z
  .object({ project: z.string(), name: z.string(), version: z.int() })
  .meta({ id: 'UsedModel', description: 'A version of a registered model.' });

export const stepSchema = z
  .object({
    call: z.int().meta({ description: 'The number of the call in its run, from 0.' }),
    name: z.string(),
    component: z.string(),
    project: z.string(),
    taskType: z.string(),
    options: jsonObjectSchema.default({}).meta({
      description:
        'The options of the step that are set: stage, draft, isolation, and those of its container. Of secrets, the names.',
    }),
    tags: z.array(z.string()),
    status: stepStatusSchema,
    waitingFor: z.enum([
      'parents',
      'preExecute',
      'lease',
      'limit',
      'backoff',
      'retry',
      'postExecute',
      'none',
    ]),
    waitingReason: z.string().nullable().meta({
      description:
        'Why the job of a queued step has not started: its launch was refused, or its queue is blocked or has no capacity. For a step that waits for a limit of concurrency: which steps hold its slots. Null if no reason is known.',
    }),
    retryAt: timeSchema
      .nullable()
      .meta({ description: 'When the retry of a step that failed starts; else null.' }),
    arguments: z.array(argumentPreviewSchema).meta({
      description:
        'Previews of the arguments by parameter name; a result of another step is shown as its name.',
    }),
    parents: z
      .array(z.string())
      .meta({ description: 'Names of the parents; the first ones of a long list.' }),
    parentCount: z.int(),
    queue: z.string(),
    cacheKey: z.string().nullable(),
    cachedFrom: originSchema.nullable().meta({
      description: 'The step whose result a cached step has: its metrics, texts and log are those.',
    }),
    adoptedFrom: originSchema
      .nullable()
      .meta({ description: 'The step of another run that a rerun took over.' }),
    usedModel: usedModelSchema.nullable().default(null).meta({
      description: 'The version that a call of `useModel` provides.',
    }),
    childRun: z
      .object({ run: z.string(), pipeline: z.string(), number: z.int() })
      .nullable()
      .default(null)
      .meta({
        description: 'The run that the step started, if the pipeline called a pipeline. Else null.',
      }),
    attempts: z.array(attemptSchema),
    error: errorRecordSchema.nullable(),
    artifacts: z
      .array(artifactEntrySchema)
      .meta({ description: 'The first artifacts; /artifacts lists all of them.' }),
    artifactCount: z.int(),
    models: z
      .array(modelEntrySchema)
      .meta({ description: 'The first models; /models lists all of them.' }),
    modelCount: z.int(),
    points: z
      .array(pointDocumentSchema)
      .nullable()
      .meta({ description: 'With include=metrics: the first reported points; otherwise null.' }),
    hasMorePoints: z.boolean().meta({ description: 'More points exist.' }),
    cost: costSchema.nullable().default(null).meta({
      description: 'Null for a step that cost nothing in AWS: one on this machine, or a child run.',
    }),
    createdAt: timeSchema,
    startedAt: timeSchema.nullable(),
    endedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Step' });
export type StepDocument = z.infer<typeof stepSchema>;
export const stepPageSchema = pageSchemaOf(stepSchema).meta({ id: 'StepPage' });

export const parentSchema = z.object({ call: z.int(), name: z.string() }).meta({ id: 'Parent' });
export const parentPageSchema = pageSchemaOf(parentSchema).meta({ id: 'ParentPage' });

export const reportedTextDocumentSchema = z
  .object({ attempt: z.int(), text: z.string(), at: timeSchema })
  .meta({ id: 'ReportedText', description: 'A line that a step reported.' });
export const textPageSchema = pageSchemaOf(reportedTextDocumentSchema).meta({
  id: 'ReportedTextPage',
});

export const logicTextDocumentSchema = z
  .object({ text: z.string(), at: timeSchema })
  .meta({ id: 'LogicText', description: 'A line that the logic or a callback printed.' });
export const logicTextPageSchema = pageSchemaOf(logicTextDocumentSchema).meta({
  id: 'LogicTextPage',
});
