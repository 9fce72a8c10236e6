/**
 * Documents of the files that are uploaded for `inputFile`, before their run is created.
 *
 * @module
 */
import { z } from 'zod';
import { projectSchema } from '../model/ids.ts';
import { MAX_INPUT_BYTES } from '../model/limits.ts';
import { sha256Schema } from '../model/reported.ts';

/** Links of one response. They expire, and so do not cover all files of a large upload. */
export const MAX_INPUT_UPLOADS = 100;

export const createInputUploadsSchema = z
  .strictObject({
    project: projectSchema.meta({
      description:
        'The project of the steps: the `targetProject` of the pipeline, else its project.',
    }),
    inputs: z
      .array(
        z.strictObject({
          hash: sha256Schema,
          size: z.int().nonnegative().max(MAX_INPUT_BYTES),
        }),
      )
      .min(1)
      .max(MAX_INPUT_UPLOADS),
  })
  .meta({ id: 'CreateInputUploads' });
export type CreateInputUploads = z.input<typeof createInputUploadsSchema>;
