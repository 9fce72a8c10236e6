/**
 * The answer to a request for uploads, of code and of input files.
 *
 * @module
 */
import { z } from 'zod';
import { linkSchema } from './values.ts';

export const uploadListSchema = z
  .object({
    items: z.array(
      z.object({
        key: z.string(),
        upload: linkSchema
          .nullable()
          .meta({ description: 'Null if this content is already stored.' }),
      }),
    ),
  })
  .meta({ id: 'UploadList' });
