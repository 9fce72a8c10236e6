/**
 * What several documents of the API are made of.
 *
 * @module
 */
import { z } from 'zod';
import { inlineValueSchema, storedValueSchema } from '../model/value.ts';

export const timeSchema = z.iso.datetime();

/** A URL by which one object is read or written without credentials. */
export const linkSchema = z
  .object({
    url: z.string(),
    method: z.enum(['GET', 'PUT']),
    headers: z
      .record(z.string(), z.string())
      .meta({ description: 'To be sent with the request as they are.' }),
    expiresAt: timeSchema,
  })
  .meta({ id: 'Link' });
export type LinkDocument = z.infer<typeof linkSchema>;

/** Encoded data: inline if it is small, else an object with a link to read it by. */
export const contentSchema = z
  .union([
    inlineValueSchema.meta({ id: 'InlineContent' }),
    storedValueSchema.extend({ link: linkSchema }).meta({ id: 'StoredContent' }),
  ])
  .meta({ id: 'Content' });
export type Content = z.infer<typeof contentSchema>;

/** One page of a list. `next` is the cursor of the page that follows, `null` if there is none. */
export const pageSchemaOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .meta({ description: 'The cursor of the next page; null on the last.' }),
  });

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
