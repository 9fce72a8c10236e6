/**
 * Artifacts, models and metrics of steps and runs.
 *
 * The schemas are those of messages, so they check all limits of `limits.ts` that concern one
 * message. Records contain what passed them.
 *
 * @module
 */
import { z } from 'zod';
import { boundedArray } from './bounded-array.ts';
import { reportedNameSchema } from './ids.ts';
import type { Json } from './json.ts';
import {
  MAX_FRAMEWORK_LENGTH,
  MAX_IMAGE_BYTES,
  MAX_IMAGE_PIXELS,
  MAX_METRIC_NAME_LENGTH,
  MAX_NAME_LENGTH,
  MAX_PREVIEW_LENGTH,
  MAX_REPORT_ITEMS,
  MAX_REPORTED_TEXT_LENGTH,
  MAX_TABLE_ROWS,
} from './limits.ts';
import { metadataExcess } from './metadata.ts';
import { reportedValueSchema, sha256Schema } from './reported.ts';
import { timeSchema } from './time.ts';

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parsed from JSON, so only its form and its size are checked. */
export const metadataSchema = z
  .custom<Record<string, Json>>(isObject, 'metadata must be an object')
  .superRefine((metadata, context) => {
    const problem = isObject(metadata) ? metadataExcess(metadata) : undefined;
    if (problem !== undefined)
      context.addIssue({
        code: 'custom',
        message: `the metadata ${problem.excess}, and ${problem.allowed}`,
      });
  });

const sizeSchema = z.int().nonnegative();

export const artifactSchema = z.object({
  name: reportedNameSchema,
  /** The format of its value: json, cbor, bytes, file, folder or custom. */
  type: z.string().max(MAX_NAME_LENGTH),
  /** Bytes of the encoded value. */
  size: sizeSchema,
  /** SHA-256 (hex) of the encoded value. */
  hash: sha256Schema,
  /** The start of the value as readable text. */
  preview: z.string().max(MAX_PREVIEW_LENGTH),
  value: reportedValueSchema,
  metadata: metadataSchema.optional(),
  createdAt: timeSchema,
});
export type Artifact = z.infer<typeof artifactSchema>;

export const modelSchema = z.object({
  name: reportedNameSchema,
  /** The model's file or folder. */
  value: reportedValueSchema,
  size: sizeSchema,
  hash: sha256Schema,
  framework: z.string().max(MAX_FRAMEWORK_LENGTH).optional(),
  metadata: metadataSchema.optional(),
  createdAt: timeSchema,
});
export type Model = z.infer<typeof modelSchema>;

const metricNameSchema = z.string().max(MAX_METRIC_NAME_LENGTH);

/** One point of a metric. NaN and infinities are texts, because JSON has no numbers for them. */
export const pointSchema = z.object({
  title: metricNameSchema,
  series: metricNameSchema,
  iteration: z.number(),
  value: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]),
  at: timeSchema,
});
export type Point = z.infer<typeof pointSchema>;

/** A line that `logger.reportText` wrote. */
export const reportedTextSchema = z.object({
  text: z.string().max(MAX_REPORTED_TEXT_LENGTH),
  at: timeSchema,
});
export type ReportedText = z.infer<typeof reportedTextSchema>;

/** What `reportTable`, `reportImage` and `reportConfusionMatrix` report. */
export const PLOT_KINDS = ['table', 'image', 'confusionMatrix'] as const;

/** The encoding of a plot: `json` for tables and confusion matrices, else the format of the image. */
export const PLOT_FORMATS = ['json', 'png', 'jpeg', 'gif', 'webp'] as const;

/** A table, an image or a confusion matrix. Its content is in `plot-content.ts`. */
export const plotSchema = z.object({
  kind: z.enum(PLOT_KINDS),
  title: metricNameSchema,
  series: metricNameSchema,
  iteration: z.number(),
  format: z.enum(PLOT_FORMATS),
  /** Columns of a table, labels of a confusion matrix, pixels of an image. */
  width: z.int().nonnegative().max(MAX_IMAGE_PIXELS),
  /** Rows of a table, labels of a confusion matrix, pixels of an image. */
  height: z.int().nonnegative().max(MAX_TABLE_ROWS),
  /** Bytes of the content. */
  size: sizeSchema.max(MAX_IMAGE_BYTES),
  value: reportedValueSchema,
  at: timeSchema,
});
export type Plot = z.infer<typeof plotSchema>;

const listOf = <T extends z.ZodType>(item: T) => boundedArray(item, MAX_REPORT_ITEMS).default([]);

/**
 * The content of a `reported` message. `onRun` contains uploads of
 * `PipelineDecorator.uploadArtifact` and `uploadModel`, which belong to the run.
 */
export const reportSchema = z.object({
  points: listOf(pointSchema),
  texts: listOf(reportedTextSchema),
  /** Absent if there are none: most reports have none. */
  plots: boundedArray(plotSchema, MAX_REPORT_ITEMS).optional(),
  artifacts: listOf(artifactSchema),
  models: listOf(modelSchema),
  onRun: z.object({ artifacts: listOf(artifactSchema), models: listOf(modelSchema) }).prefault({}),
});
export type Report = z.infer<typeof reportSchema>;

/** Artifacts and models of the run itself. */
export interface RunOutputs {
  readonly artifacts: readonly Artifact[];
  readonly models: readonly Model[];
}
