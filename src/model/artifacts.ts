/**
 * Artifacts, models and metrics of steps and runs.
 *
 * @module
 */
import { z } from 'zod';
import { jsonSchema } from './json.ts';
import { valueSchema } from './value.ts';

export const artifactSchema = z.object({
  name: z.string(),
  /** The format of its value: json, cbor, bytes, file, folder or custom. */
  type: z.string(),
  /** Bytes of the encoded value. */
  size: z.int(),
  /** SHA-256 (hex) of the encoded value. */
  hash: z.string(),
  /** The start of the value as readable text. */
  preview: z.string(),
  value: valueSchema,
  metadata: z.record(z.string(), jsonSchema).optional(),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
});
export type Artifact = z.infer<typeof artifactSchema>;

export const modelSchema = z.object({
  name: z.string(),
  /** The model's file or folder. */
  value: valueSchema,
  size: z.int(),
  hash: z.string(),
  framework: z.string().optional(),
  metadata: z.record(z.string(), jsonSchema).optional(),
  createdAt: z.number(),
});
export type Model = z.infer<typeof modelSchema>;

/** One point of a metric. NaN and infinities are texts, because JSON has no numbers for them. */
export const pointSchema = z.object({
  title: z.string(),
  series: z.string(),
  iteration: z.number(),
  value: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]),
  at: z.number(),
});
export type Point = z.infer<typeof pointSchema>;

/** A line that `logger.reportText` wrote. */
export const reportedTextSchema = z.object({ text: z.string(), at: z.number() });
export type ReportedText = z.infer<typeof reportedTextSchema>;

/**
 * The content of a `reported` message. `onRun` contains uploads of
 * `PipelineDecorator.uploadArtifact` and `uploadModel`, which belong to the run.
 */
export const reportSchema = z.object({
  points: z.array(pointSchema).default([]),
  texts: z.array(reportedTextSchema).default([]),
  artifacts: z.array(artifactSchema).default([]),
  models: z.array(modelSchema).default([]),
  onRun: z
    .object({
      artifacts: z.array(artifactSchema).default([]),
      models: z.array(modelSchema).default([]),
    })
    .prefault({}),
});
export type Report = z.infer<typeof reportSchema>;
