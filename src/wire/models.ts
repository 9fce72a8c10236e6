/**
 * Documents of registered models and their versions.
 *
 * @module
 */
import { z } from 'zod';
import { argumentPreviewSchema } from '../model/argument-previews.ts';
import { runIdSchema, tagsSchema } from '../model/ids.ts';
import { nullableJsonObjectSchema } from '../model/json.ts';
import { MAX_NAME_LENGTH, MAX_TAG_LENGTH, MAX_TAGS } from '../model/limits.ts';
import { modelNameSchema } from '../model/model-version.ts';
import { MAX_LISTED_RECEIVERS } from '../model/use-model.ts';
import { runStatusSchema } from './runs.ts';
import { contentSchema, pageSchemaOf, timeSchema } from './values.ts';

export const registeredModelSchema = z
  .object({
    project: z.string(),
    name: z.string(),
    latest: z.int().meta({ description: 'The highest version.' }),
    published: z
      .int()
      .nullable()
      .meta({ description: 'The highest published version; null: none is published.' }),
  })
  .meta({ id: 'RegisteredModel' });
export const registeredModelPageSchema = pageSchemaOf(registeredModelSchema).meta({
  id: 'RegisteredModelPage',
});

export const modelVersionSchema = z
  .object({
    project: z.string(),
    name: z.string(),
    version: z.int(),
    tags: z.array(z.string()),
    framework: z.string().nullable(),
    metadata: nullableJsonObjectSchema,
    metrics: z
      .array(
        z.object({
          title: z.string(),
          series: z.string(),
          iteration: z.number(),
          value: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]),
        }),
      )
      .meta({ description: 'The last point of each series of the step.' }),
    size: z.int(),
    hash: z.string(),
    publishedAt: timeSchema
      .nullable()
      .meta({ description: 'Null: it is not published, and its object is not kept.' }),
    registeredAt: timeSchema,
    source: z.object({
      run: runIdSchema,
      pipeline: z.string(),
      number: z.int(),
      pipelineVersion: z.string(),
      codeHash: z.string(),
      model: z.string().meta({ description: 'The name with which it was uploaded.' }),
      step: z
        .object({
          call: z.int(),
          name: z.string(),
          component: z.string(),
          attempt: z.int(),
          codeHash: z.string().nullable(),
          arguments: z.array(argumentPreviewSchema),
        })
        .nullable()
        .meta({ description: 'The step that uploaded it; null if that step is not known.' }),
    }),
    content: contentSchema,
  })
  .meta({ id: 'ModelVersion' });
export type ModelVersionDocument = z.infer<typeof modelVersionSchema>;
export const modelVersionPageSchema = pageSchemaOf(modelVersionSchema).meta({
  id: 'ModelVersionPage',
});

export const modelUseSchema = z
  .object({
    run: runIdSchema,
    project: z.string(),
    pipeline: z.string(),
    number: z.int(),
    status: runStatusSchema,
    call: z.int(),
    step: z.string().meta({ description: 'The step of the call of `useModel`.' }),
    receivers: z
      .array(z.string())
      .meta({ description: `The first ${MAX_LISTED_RECEIVERS} steps that depend on it.` }),
    usedAt: timeSchema.nullable(),
  })
  .meta({ id: 'ModelUse' });
export type ModelUseDocument = z.infer<typeof modelUseSchema>;
export const modelUsePageSchema = pageSchemaOf(modelUseSchema).meta({ id: 'ModelUsePage' });

export const publishModelSchema = z
  .strictObject({
    run: runIdSchema,
    call: z
      .int()
      .nonnegative()
      .nullable()
      .default(null)
      .meta({ description: 'The step that has the model; null: the run itself.' }),
    model: z
      .string()
      .min(1)
      .max(MAX_NAME_LENGTH)
      .meta({ description: 'The name of the model in the run or step.' }),
    name: modelNameSchema
      .optional()
      .meta({ description: 'The name of the registered model. Default: `model`.' }),
    tags: tagsSchema.default([]),
  })
  .meta({ id: 'PublishModel' });
export type PublishModel = z.input<typeof publishModelSchema>;

export const changeModelSchema = z
  .strictObject({
    published: z.boolean().optional(),
    addTags: tagsSchema.default([]),
    removeTags: z.array(z.string().min(1).max(MAX_TAG_LENGTH)).max(MAX_TAGS).default([]),
  })
  .refine(
    ({ published, addTags, removeTags }) =>
      published !== undefined || addTags.length + removeTags.length > 0,
    { message: 'name a change: published, addTags or removeTags', path: ['published'] },
  )
  .meta({ id: 'ChangeModel' });
export type ChangeModel = z.input<typeof changeModelSchema>;
