/**
 * Documents of runs, artifacts, models and metrics.
 *
 * @module
 */
import { z } from 'zod';
import { errorRecordSchema } from '../model/errors.ts';
import { nameSchema, runIdSchema, tagsSchema } from '../model/ids.ts';
import { jsonObjectSchema, jsonSchema, nullableJsonObjectSchema, recordOf } from '../model/json.ts';
import {
  MAX_INPUT_LIST_BYTES,
  MAX_NOTE_LENGTH,
  MAX_REASON_LENGTH,
  MAX_TAG_LENGTH,
  MAX_TAGS,
} from '../model/limits.ts';
import { RUN_STATUSES } from '../model/run.ts';
import { costSchema } from './costs.ts';
import { scalarSummarySchema } from './series.ts';
import { stepTotalsSchema } from './step-counts.ts';
import { contentSchema, pageSchemaOf, timeSchema } from './values.ts';

/** An artifact in the document of a run or step; a request of its own returns the content. */
export const artifactEntrySchema = z
  .object({
    name: z.string(),
    type: z.string(),
    size: z.int(),
    hash: z.string(),
    preview: z.string(),
    metadata: nullableJsonObjectSchema,
    createdAt: timeSchema,
  })
  .meta({ id: 'ArtifactEntry' });

export const modelEntrySchema = z
  .object({
    name: z.string(),
    type: z.string(),
    size: z.int(),
    hash: z.string(),
    framework: z.string().nullable(),
    metadata: nullableJsonObjectSchema,
    createdAt: timeSchema,
  })
  .meta({ id: 'ModelEntry' });

export const runStatusSchema = z.enum(RUN_STATUSES).meta({ id: 'RunStatus' });

export const runSummarySchema = z
  .object({
    id: runIdSchema,
    pipeline: z.string(),
    project: z.string(),
    version: z.string(),
    number: z.int().meta({ description: 'Counts the runs of the pipeline from 1.' }),
    addRunNumber: z.boolean().default(true).meta({
      description: 'Views show `pipeline#number`; else `pipeline`.',
    }),
    status: runStatusSchema,
    tags: z.array(z.string()),
    rerunOf: runIdSchema.nullable(),
    parent: z
      .object({ run: runIdSchema, pipeline: z.string(), number: z.int(), step: z.string() })
      .nullable()
      .default(null)
      .meta({
        description:
          'The step of another run that started this one, if it is a child run. Else null.',
      }),
    waitsForSignals: z
      .array(z.string())
      .default([])
      .meta({ description: 'The names of the signals that the logic awaits.' }),
    createdBy: z.string().nullable().default(null).meta({
      description:
        'Who started the run: an ARN, the email or subject of a token, the name of a local user, or `schedule NAME`. A child run has that of its parent. Null: unknown.',
    }),
    archived: z.boolean().default(false).meta({
      description: 'Lists leave the run out unless they include archived runs.',
    }),
    steps: stepTotalsSchema
      .nullable()
      .default(null)
      .meta({ description: 'Null only from an earlier version of the API.' }),
    errorMessage: z
      .string()
      .nullable()
      .default(null)
      .meta({ description: "The first line of the run's error; null if there is none." }),
    args: nullableJsonObjectSchema.default(null).meta({
      description: 'With include=args: the arguments by parameter name; otherwise null.',
    }),
    scalars: z.array(scalarSummarySchema).nullable().default(null).meta({
      description:
        'With include=scalars: the first 50 metrics of the run itself, in short; otherwise null.',
    }),
    cost: costSchema.nullable().default(null).meta({
      description:
        'With include=cost: the estimate for all steps so far; null otherwise, on this machine, and if the service does not know it.',
    }),
    createdAt: timeSchema,
    startedAt: timeSchema.nullable(),
    endedAt: timeSchema.nullable(),
  })
  .meta({ id: 'RunSummary' });
export type RunSummary = z.infer<typeof runSummarySchema>;

export const runSchema = runSummarySchema
  .extend({
    args: jsonObjectSchema,
    encodedArgs: z.array(z.string()).default([]).meta({
      description:
        'The names of arguments of a child run that are large or have no form in JSON: `args` has a text in the place of each.',
    }),
    argsMap: recordOf(z.string(), z.array(z.string())).default({}).meta({
      description: 'Sections of the arguments; an argument without one is in `Args`.',
    }),
    result: contentSchema
      .nullable()
      .meta({ description: 'The result of the pipeline; null until it returns one.' }),
    error: errorRecordSchema.nullable(),
    abortReason: z.string().nullable().meta({ description: 'The reason of a requested abort.' }),
    abortedBy: z.enum(['logic']).nullable().meta({
      description: '`logic`: a callback of the pipeline aborted the run. Else null.',
    }),
    file: z.string().meta({
      description: "The file that declares the pipeline, relative to the project's folder.",
    }),
    callbackErrors: z.array(z.string()),
    steps: stepTotalsSchema,
    evaluator: z.enum(['engine', 'caller', 'job']).meta({
      description:
        'The evaluator of the logic: the engine, the process that started (or later claimed) the run, or a job on the queue that the pipeline names.',
    }),
    note: z.string().nullable().default(null).meta({ description: 'A text of its users.' }),
    revision: z.int().meta({ description: 'Grows with every change of the run.' }),
  })
  .meta({ id: 'Run' });
export type RunDocument = z.infer<typeof runSchema>;

export const runPageSchema = pageSchemaOf(runSummarySchema).meta({ id: 'RunPage' });

export const artifactDocumentSchema = artifactEntrySchema
  .extend({ content: contentSchema })
  .meta({ id: 'Artifact' });
export type ArtifactDocument = z.infer<typeof artifactDocumentSchema>;
export const artifactPageSchema = pageSchemaOf(artifactDocumentSchema).meta({ id: 'ArtifactPage' });

export const modelDocumentSchema = modelEntrySchema
  .extend({ content: contentSchema })
  .meta({ id: 'Model' });
export type ModelDocument = z.infer<typeof modelDocumentSchema>;
export const modelPageSchema = pageSchemaOf(modelDocumentSchema).meta({ id: 'ModelPage' });

/** A model with the run that it belongs to. */
export const runModelSchema = modelDocumentSchema
  .extend({
    run: runSummarySchema,
    step: z
      .object({ call: z.int(), name: z.string() })
      .nullable()
      .meta({ description: 'The step that stored the model; null: the run itself.' }),
  })
  .meta({ id: 'RunModel' });
export const runModelPageSchema = pageSchemaOf(runModelSchema).meta({ id: 'RunModelPage' });

export const pointDocumentSchema = z
  .object({
    title: z.string(),
    series: z.string(),
    iteration: z.number(),
    value: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]),
    at: timeSchema,
  })
  .meta({ id: 'Point', description: 'One point of a metric.' });
export type PointDocument = z.infer<typeof pointDocumentSchema>;
export const pointPageSchema = pageSchemaOf(pointDocumentSchema).meta({ id: 'PointPage' });

export const runPointDocumentSchema = pointDocumentSchema
  .extend({
    call: z.int().nullable(),
    step: z
      .string()
      .nullable()
      .meta({ description: 'The step that reported the point; null: the logic.' }),
  })
  .meta({ id: 'RunPoint', description: 'One point of a metric of the run itself.' });
export type RunPointDocument = z.infer<typeof runPointDocumentSchema>;
export const runPointPageSchema = pageSchemaOf(runPointDocumentSchema).meta({
  id: 'RunPointPage',
});

// --- requests

/** See `src/wire/inputs.ts`. */
const runInputsSchema = z
  .strictObject({ key: z.string().max(1024), size: z.int().positive().max(MAX_INPUT_LIST_BYTES) })
  .meta({
    id: 'RunInputs',
    description:
      'The uploaded list of the files that `inputFile` may name: JSON, `{ "inputs": [{ "path", "kind", "key", "size" }] }`.',
  });

export const createRunSchema = z
  .strictObject({
    pipeline: z.string().min(1).max(128),
    project: z.string().min(1).max(256).default('default'),
    version: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .meta({ description: 'Default: the highest version.' }),
    args: jsonObjectSchema
      .default({})
      .meta({ description: 'By parameter name; a missing parameter has its default.' }),
    tags: tagsSchema.default([]),
    noCache: z
      .boolean()
      .default(false)
      .meta({ description: 'Execute every step. Results are stored in the cache.' }),
    evaluator: z.literal('caller').optional().meta({
      description:
        'The caller evaluates the logic itself, with a token from /v1/runs/{run}/evaluator-token. Default: the engine, or a job on the queue that the pipeline names.',
    }),
    defaultQueue: nameSchema.optional().meta({
      description: 'The queue of steps that name none, if the pipeline does not name one.',
    }),
    inputs: runInputsSchema.optional(),
  })
  .meta({ id: 'CreateRun' });
export type CreateRun = z.input<typeof createRunSchema>;

export const rerunSchema = z
  .strictObject({
    from: z.string().min(1).max(256).optional().meta({
      description:
        'The new run adopts the calls that finished before this step. Default: it adopts none.',
    }),
    keepCompleted: z.boolean().optional().meta({
      description:
        'The new run adopts all calls that completed, whatever their code: for mended code of what failed. It excludes `from`.',
    }),
    version: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .meta({ description: 'Another version of the same pipeline. Default: the code of the run.' }),
    args: jsonObjectSchema.optional().meta({
      description: 'Arguments that replace those of the run, by parameter name.',
    }),
    tags: tagsSchema.default([]).meta({
      description: 'Tags in addition to those with which the run started.',
    }),
    inputs: runInputsSchema.optional(),
    noCache: z.boolean().optional().meta({
      description: 'Execute every step. Default: as the run.',
    }),
  })
  .refine(({ from, keepCompleted }) => from === undefined || keepCompleted !== true, {
    message: 'name either from or keepCompleted',
    path: ['keepCompleted'],
  })
  .meta({ id: 'RerunRun' });
export type Rerun = z.input<typeof rerunSchema>;

export const abortSchema = z
  .strictObject({
    reason: z.string().trim().min(1).max(MAX_REASON_LENGTH).default('aborted on request'),
  })
  .meta({ id: 'AbortRun' });

export const sendSignalSchema = z
  .strictObject({
    value: jsonSchema.default(null).meta({ description: 'What waitForSignal returns.' }),
  })
  .meta({ id: 'SendSignal' });
export type SendSignal = z.input<typeof sendSignalSchema>;

export const changeTagsSchema = z
  .strictObject({
    add: tagsSchema.default([]),
    /** Tags of an earlier version may have any form. */
    remove: z.array(z.string().min(1).max(MAX_TAG_LENGTH)).max(MAX_TAGS).default([]),
  })
  .refine(({ add, remove }) => add.length + remove.length > 0, {
    message: 'name tags to add or to remove',
    path: ['add'],
  })
  .meta({ id: 'ChangeTags' });
export type ChangeTags = z.input<typeof changeTagsSchema>;

export const changeRunSchema = z
  .strictObject({
    note: z
      .string()
      .trim()
      .max(MAX_NOTE_LENGTH)
      .nullable()
      .optional()
      .meta({ description: 'Replaces the note; null or an empty text removes it.' }),
    archived: z.boolean().optional().meta({
      description:
        'Hides the run from lists, or shows it again. Only a run that has ended is hidden.',
    }),
  })
  .refine(({ note, archived }) => note !== undefined || archived !== undefined, {
    message: 'name the note or archived',
    path: ['note'],
  })
  .meta({ id: 'ChangeRun' });
export type ChangeRun = z.input<typeof changeRunSchema>;
