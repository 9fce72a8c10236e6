/**
 * Documents of code: a bundle by its hash, and the lines of the source that it was made of.
 *
 * @module
 */
import { z } from 'zod';
import { linkSchema } from './values.ts';

export const codeSchema = z
  .object({
    hash: z.string().meta({ description: 'SHA-256 (hex) of the bundle.' }),
    kind: z.enum(['logic', 'component', 'serializers']),
    name: z.string().meta({ description: 'The name of the component or pipeline by the source.' }),
    id: z.string().meta({
      description: 'The place of its declaration: `src/steps.ts#train`.',
    }),
    size: z.int().meta({ description: 'The bytes of the bundle.' }),
    sources: z
      .array(
        z.object({
          file: z.string().meta({ description: "Relative to the project's folder." }),
          parts: z.array(
            z.object({
              line: z.int().meta({ description: 'The number of the first line, from 1.' }),
              text: z.string(),
            }),
          ),
        }),
      )
      .meta({
        description:
          'The lines of the source from which the bundle was made, by file: first the file of the declaration. Empty if they are not on record.',
      }),
    bundle: z.string().nullable().meta({
      description: 'The text of the bundle; null if it is larger than a response: use the link.',
    }),
    link: linkSchema,
  })
  .meta({ id: 'Code' });
export type CodeDocument = z.infer<typeof codeSchema>;

export const runCodeSchema = z
  .object({
    hash: z.string().meta({ description: 'The hash of all code together.' }),
    bundles: z.array(
      codeSchema
        .pick({ hash: true, kind: true, name: true, id: true, size: true })
        .meta({ id: 'CodeEntry' }),
    ),
  })
  .meta({ id: 'RunCode', description: 'The bundles of a run: the logic first.' });
