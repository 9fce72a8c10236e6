/**
 * Documents of pipelines and their versions.
 *
 * @module
 */
import { z } from 'zod';
import { packageSchema, pipelineCodeSchema, signatureSchema } from '../model/code.ts';
import { nameSchema } from '../model/ids.ts';
import { MAX_BUNDLE_BYTES, MAX_COMPONENTS } from '../model/limits.ts';
import { PATCH_EXTENSION, SOURCE_MAPS_EXTENSION } from '../model/object-layout.ts';
import { componentDeclarationSchema, pipelineDeclarationSchema } from '../model/options.ts';
import { sha256Schema } from '../model/reported.ts';
import { pageSchemaOf, timeSchema } from './values.ts';

export const pipelineSchema = z
  .object({
    project: z.string(),
    name: z.string(),
    latest: z.string().meta({ description: 'Its highest version.' }),
  })
  .meta({ id: 'Pipeline' });
export const pipelinePageSchema = pageSchemaOf(pipelineSchema).meta({ id: 'PipelinePage' });

export const versionSummarySchema = z
  .object({ version: z.string(), codeHash: z.string(), createdAt: timeSchema.nullable() })
  .meta({ id: 'VersionSummary' });
export const versionPageSchema = pageSchemaOf(versionSummarySchema).meta({ id: 'VersionPage' });

export const versionDocumentSchema = versionSummarySchema
  .extend({
    project: z.string(),
    pipeline: z.string(),
    runnable: z
      .boolean()
      .meta({ description: 'False for a version that was registered by its name only.' }),
    signature: signatureSchema.nullable(),
    declaration: pipelineDeclarationSchema.nullable(),
    defaultQueue: z.string().nullable(),
    inputs: z.array(z.string()).default([]).meta({
      description: 'The addresses that the logic gives to `inputFile` as literals.',
    }),
    components: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        codeHash: z.string(),
        size: z.int(),
        packages: z.array(packageSchema),
      }),
    ),
  })
  .meta({ id: 'Version' });
export type VersionDocument = z.infer<typeof versionDocumentSchema>;

export const registeredVersionSchema = z
  .object({ project: z.string(), pipeline: z.string(), version: z.string(), codeHash: z.string() })
  .meta({
    id: 'RegisteredVersion',
    description: 'The version of this code: the requested one, or the next free patch version.',
  });

// --- requests

export const registerVersionSchema = z
  .strictObject({
    code: pipelineCodeSchema,
    declaration: pipelineDeclarationSchema,
    components: z
      .array(componentDeclarationSchema)
      .max(MAX_COMPONENTS)
      .default([])
      .meta({ description: 'The declarations of the components, checked before a run starts.' }),
    defaultQueue: nameSchema.nullable().default(null),
  })
  .meta({ id: 'RegisterVersion' });
export type RegisterVersion = z.input<typeof registerVersionSchema>;

export const createUploadsSchema = z
  .strictObject({
    code: z
      .array(
        z.strictObject({
          hash: sha256Schema,
          type: z.enum(['js', 'mjs', SOURCE_MAPS_EXTENSION, PATCH_EXTENSION]),
          size: z.int().nonnegative().max(MAX_BUNDLE_BYTES),
        }),
      )
      .min(1)
      .max(500),
  })
  .meta({ id: 'CreateUploads' });
export type CreateUploads = z.input<typeof createUploadsSchema>;
