/**
 * Previews of artifacts and models: the start of their content in a form that a view can show
 * without a decoder. The content itself is read by a link.
 *
 * @module
 */
import { z } from 'zod';
import { IMAGE_MEDIA_TYPES, type PreviewValue } from '../model/preview.ts';
import { linkSchema } from './values.ts';

/** A number; NaN, infinities and -0 as text, because JSON has no numbers for them. */
const numberSchema = z.union([z.number(), z.string()]);

export type { PreviewValue };

export const previewValueSchema: z.ZodType<PreviewValue> = z
  .lazy(() =>
    z.union([
      z.null(),
      z.boolean(),
      z.number(),
      z.string(),
      z.object({ is: z.literal('text'), text: z.string(), length: z.int() }),
      z.object({ is: z.literal('array'), length: z.int(), items: z.array(previewValueSchema) }),
      z.object({
        is: z.literal('object'),
        length: z.int(),
        entries: z.array(z.tuple([z.string(), previewValueSchema])),
      }),
      z.object({
        is: z.literal('map'),
        length: z.int(),
        entries: z.array(z.tuple([previewValueSchema, previewValueSchema])),
      }),
      z.object({ is: z.literal('set'), length: z.int(), items: z.array(previewValueSchema) }),
      z.object({
        is: z.literal('typedArray'),
        type: z.string(),
        length: z.int(),
        items: z.array(numberSchema),
      }),
      z.object({ is: z.literal('bytes'), length: z.int(), hex: z.string() }),
      z.object({ is: z.literal('scalar'), type: z.string(), text: z.string() }),
      z.object({ is: z.literal('error'), name: z.string(), message: z.string() }),
      z.object({ is: z.literal('omitted'), type: z.string(), length: z.int().nullable() }),
    ]),
  )
  .meta({
    id: 'PreviewValue',
    description:
      'Text, numbers, true, false and null as they are; all other values as an object with `is`. `length` is that of the whole value, of which the first items are here; -1 if it is not known.',
  });

/** The forms of content. HTML and SVG are text: they are never served as documents. */
export const previewContentSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('json'),
      from: z.int().meta({ description: 'The index of the first item, if the value is a list.' }),
      value: previewValueSchema,
    }),
    z.object({
      kind: z.literal('table'),
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      from: z.int().meta({ description: 'The number of the first row here.' }),
      rows: z.array(z.array(previewValueSchema)),
      rowCount: z
        .int()
        .nullable()
        .meta({ description: 'All rows; null if the content was not read to its end.' }),
    }),
    z.object({
      kind: z.literal('text'),
      text: z.string(),
      language: z.string().meta({ description: 'By the name of the file: `csv`, `md`, `svg`, …' }),
    }),
    z.object({
      kind: z.literal('image'),
      mediaType: z.enum(IMAGE_MEDIA_TYPES),
      width: z.int().nullable(),
      height: z.int().nullable(),
      data: z.string().nullable().meta({
        description: 'The whole image in base64; null if it is too large: then use the link.',
      }),
    }),
    z.object({
      kind: z.literal('folder'),
      entries: z.array(
        z.object({
          path: z.string(),
          type: z.enum(['file', 'folder', 'link']),
          size: z.int(),
        }),
      ),
    }),
    z.object({
      kind: z.literal('binary'),
      hex: z.string().meta({ description: 'The first bytes.' }),
      reason: z.string().nullable().meta({
        description:
          'Why content of a known format is shown as bytes; null: its format is not known.',
      }),
    }),
  ])
  .meta({ id: 'PreviewContent' });

export type PreviewContent = z.infer<typeof previewContentSchema>;

export const previewSchema = z
  .object({
    name: z.string(),
    format: z.string().meta({ description: 'json, cbor, bytes, file, folder or custom.' }),
    size: z.int().meta({ description: 'The bytes of the whole content.' }),
    path: z.string().meta({
      description: 'The place inside the value, a JSON pointer (RFC 6901); empty: the whole value.',
    }),
    truncated: z.boolean().meta({ description: 'Parts of the content are not in the preview.' }),
    content: previewContentSchema,
    link: linkSchema
      .nullable()
      .meta({ description: 'Reads the whole content; null if it is inline in its record.' }),
  })
  .meta({ id: 'Preview' });
export type PreviewDocument = z.infer<typeof previewSchema>;
