/**
 * The documents that the command line prints with `--json`. Their fields are those of the API's
 * documents: each field is declared once, in the API's schema, and means the same in both.
 *
 * Two things differ. The result of a run is readable JSON instead of encoded content, and points
 * are grouped by metric.
 *
 * @module
 */

import { z } from 'zod';
import { cacheExplanationSchema } from '../model/cache-explanation.ts';
import { jsonObjectSchema, jsonSchema } from '../model/json.ts';
import { matrixContentSchema, tableContentSchema } from '../model/plot-content.ts';
import { plotDocumentSchema } from './plots.ts';
import {
  artifactEntrySchema,
  modelEntrySchema,
  pointDocumentSchema,
  runSchema,
  runSummarySchema,
} from './runs.ts';
import { attemptSchema, stepSchema } from './steps.ts';

/** Absent where the API's documents have null. */
const metadataSchema = jsonObjectSchema.optional();

const printedArtifactSchema = artifactEntrySchema
  .pick({ name: true, type: true, size: true, hash: true, preview: true })
  .extend({ metadata: metadataSchema });
export type PrintedArtifact = z.infer<typeof printedArtifactSchema>;

const printedModelSchema = modelEntrySchema
  .pick({ name: true, size: true, hash: true, framework: true })
  .extend({ metadata: metadataSchema });
export type PrintedModel = z.infer<typeof printedModelSchema>;

const printedMetricSchema = pointDocumentSchema.pick({ title: true, series: true }).extend({
  points: z.array(pointDocumentSchema.pick({ iteration: true, value: true, at: true })),
});
export type PrintedMetric = z.infer<typeof printedMetricSchema>;

/** A metric of the run itself; null: the logic reported it. Each step has a series of its own. */
const printedRunMetricSchema = printedMetricSchema.extend({ step: z.string().nullable() });
export type PrintedRunMetric = z.infer<typeof printedRunMetricSchema>;

const printedValueSchema = pointDocumentSchema.pick({ iteration: true, value: true }).nullable();

/** An element of `runs metrics --json`: one metric of one step, or of the run itself. */
export const printedSeriesSchema = z.object({
  title: z.string(),
  series: z.string(),
  /** Null: the run itself. */
  step: z.string().nullable(),
  call: z.int().nullable(),
  component: z.string().nullable(),
  /** The step with the arguments that differ between the calls of its component. */
  label: z.string().nullable(),
  arguments: stepSchema.shape.arguments,
  /** Where the points are from, if the step was not executed in this run. */
  origin: z.string().nullable(),
  count: z.int(),
  /** Points with NaN or an infinity, which `min` and `max` leave out. */
  nonFinite: z.int(),
  last: printedValueSchema,
  min: printedValueSchema,
  max: printedValueSchema,
  points: printedMetricSchema.shape.points,
});
export type PrintedSeries = z.infer<typeof printedSeriesSchema>;

/** An element of `runs plots --json`. */
export const printedPlotSchema = plotDocumentSchema
  .pick({
    attempt: true,
    kind: true,
    title: true,
    series: true,
    iteration: true,
    format: true,
    width: true,
    height: true,
    size: true,
    at: true,
  })
  .extend({
    step: z.string(),
    call: z.int(),
    /** The step with the arguments that differ between the calls of its component. */
    label: z.string(),
    /** Where the plot is from, if the step was not executed in this run. */
    origin: z.string().nullable(),
    /** The data of a table or confusion matrix; null for an image. */
    data: z.union([tableContentSchema, matrixContentSchema]).nullable(),
    /** The file that `--output` wrote; otherwise null. */
    file: z.string().nullable(),
  });
export type PrintedPlot = z.infer<typeof printedPlotSchema>;

const printedComparedCallSchema = cacheExplanationSchema.shape.origin
  .unwrap()
  .extend({ at: pointDocumentSchema.shape.at.nullable() })
  .nullable();

/** An element of `runs why --json`. */
export const printedExplanationSchema = cacheExplanationSchema.extend({
  origin: printedComparedCallSchema,
  comparedWith: printedComparedCallSchema,
});
export type PrintedExplanation = z.infer<typeof printedExplanationSchema>;

const printedAttemptSchema = attemptSchema.pick({
  number: true,
  status: true,
  exitCode: true,
  reason: true,
  error: true,
  startedAt: true,
  endedAt: true,
  artifacts: true,
  models: true,
  hasPlots: true,
});

const printedStepSchema = stepSchema
  .pick({
    name: true,
    component: true,
    project: true,
    taskType: true,
    options: true,
    tags: true,
    status: true,
    arguments: true,
    parents: true,
    queue: true,
    cacheKey: true,
    cachedFrom: true,
    usedModel: true,
    childRun: true,
    error: true,
  })
  .extend({
    adoptedFrom: z.object({ run: z.string(), step: z.string() }).nullable(),
    /** The run of `adoptedFrom`, else of `cachedFrom`; null if there is none, or it was removed. */
    originRun: z.object({ pipeline: z.string(), number: z.int() }).nullable(),
    attempts: z.array(printedAttemptSchema),
    artifacts: z.array(printedArtifactSchema),
    models: z.array(printedModelSchema),
    metrics: z.array(printedMetricSchema),
  });
export type PrintedStep = z.infer<typeof printedStepSchema>;

/** An element of `runs list --json`. */
const printedRunSummarySchema = runSummarySchema.omit({
  rerunOf: true,
  steps: true,
  errorMessage: true,
  args: true,
  scalars: true,
  cost: true,
});
export type PrintedRunSummary = z.infer<typeof printedRunSummarySchema>;

/**
 * The document of `run`, `runs show`, `runs resume`, `runs rerun`, `runs attach` and `runs watch`.
 */
export const printedRunSchema = runSchema
  .pick({
    pipeline: true,
    project: true,
    version: true,
    number: true,
    addRunNumber: true,
    status: true,
    args: true,
    argsMap: true,
    error: true,
    tags: true,
    parent: true,
    waitsForSignals: true,
    createdBy: true,
    archived: true,
    note: true,
    startedAt: true,
    endedAt: true,
  })
  .extend({
    /** In debug mode, an id that no home and no API knows. */
    id: z.string(),
    /** The returned value as `toReadable` writes it; null while there is none. */
    result: jsonSchema,
    steps: z.array(printedStepSchema),
    artifacts: z.array(printedArtifactSchema),
    models: z.array(printedModelSchema),
    metrics: z.array(printedRunMetricSchema),
  });
export type PrintedRun = z.infer<typeof printedRunSchema>;
