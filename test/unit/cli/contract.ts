/**
 * The document of `--json`, key by key. Other programs rely on it.
 *
 * @module
 */
import { z } from 'zod';

const time = z.iso.datetime().nullable();

const artifact = z.strictObject({
  name: z.string(),
  type: z.string(),
  size: z.int(),
  hash: z.string(),
  preview: z.string(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

const model = z.strictObject({
  name: z.string(),
  size: z.int(),
  hash: z.string(),
  framework: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

const metric = z.strictObject({
  title: z.string(),
  series: z.string(),
  points: z.array(
    z.strictObject({
      iteration: z.number(),
      value: z.union([z.number(), z.string()]),
      at: z.iso.datetime(),
    }),
  ),
});

const location = z.strictObject({
  file: z.string(),
  line: z.int().positive(),
  column: z.int().positive(),
});

const attemptError = z.strictObject({
  name: z.string(),
  message: z.string(),
  location: location.optional(),
  codeFrame: z.string().optional(),
  step: z.string().optional(),
});

const attempt = z.strictObject({
  number: z.int().positive(),
  status: z.enum(['queued', 'running', 'completed', 'failed', 'aborted']),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  error: attemptError.nullable(),
  startedAt: time,
  endedAt: time,
  artifacts: z.array(z.string()),
  models: z.array(z.string()),
  hasPlots: z.boolean(),
});

const step = z.strictObject({
  name: z.string(),
  component: z.string(),
  project: z.string(),
  taskType: z.string(),
  options: z.record(z.string(), z.json()),
  tags: z.array(z.string()),
  status: z.enum([
    'pending',
    'queued',
    'running',
    'completed',
    'failed',
    'aborted',
    'cached',
    'skipped',
    'superseded',
  ]),
  arguments: z.array(
    z.strictObject({ name: z.string(), value: z.string(), changedFrom: z.string().optional() }),
  ),
  parents: z.array(z.string()),
  queue: z.string(),
  cacheKey: z.string().nullable(),
  cachedFrom: z.strictObject({ run: z.string(), step: z.string() }).nullable(),
  childRun: z.strictObject({ run: z.string(), pipeline: z.string(), number: z.int() }).nullable(),
  usedModel: z.strictObject({ project: z.string(), name: z.string(), version: z.int() }).nullable(),
  adoptedFrom: z.strictObject({ run: z.string(), step: z.string() }).nullable(),
  originRun: z.strictObject({ pipeline: z.string(), number: z.int() }).nullable(),
  error: z.looseObject({ name: z.string(), message: z.string() }).nullable(),
  attempts: z.array(attempt),
  artifacts: z.array(artifact),
  models: z.array(model),
  metrics: z.array(metric),
});

export const runDocumentSchema = z.strictObject({
  id: z.string(),
  pipeline: z.string(),
  project: z.string(),
  version: z.string(),
  number: z.int(),
  addRunNumber: z.boolean(),
  status: z.enum(['queued', 'running', 'aborting', 'completed', 'failed', 'aborted']),
  args: z.record(z.string(), z.json()),
  argsMap: z.record(z.string(), z.array(z.string())),
  result: z.json(),
  error: z.object({ name: z.string(), message: z.string() }).loose().nullable(),
  tags: z.array(z.string()),
  waitsForSignals: z.array(z.string()),
  createdBy: z.string().nullable(),
  archived: z.boolean(),
  note: z.string().nullable(),
  parent: z
    .strictObject({ run: z.string(), pipeline: z.string(), number: z.int(), step: z.string() })
    .nullable(),
  startedAt: time,
  endedAt: time,
  steps: z.array(step),
  artifacts: z.array(artifact),
  models: z.array(model),
  metrics: z.array(metric.extend({ step: z.string().nullable() })),
});

export type RunDocument = z.infer<typeof runDocumentSchema>;
