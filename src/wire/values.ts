/**
 * Parts that several documents share.
 *
 * @module
 */

import { z } from 'zod';
import { recordOf } from '../model/json.ts';
import { inlineValueSchema, storedValueSchema } from '../model/value.ts';

export const timeSchema = z.iso.datetime();

/** A URL for reading or writing one object without credentials. */
export const linkSchema = z
  .object({
    url: z.string(),
    method: z.enum(['GET', 'PUT']),
    headers: recordOf(z.string(), z.string()).meta({
      description: 'Send these headers unchanged with the request.',
    }),
    expiresAt: timeSchema,
  })
  .meta({ id: 'Link' });
export type LinkDocument = z.infer<typeof linkSchema>;

/** Encoded data: inline if it is small, otherwise an object with a link for reading it. */
export const contentSchema = z
  .union([
    inlineValueSchema.meta({ id: 'InlineContent' }),
    storedValueSchema.extend({ link: linkSchema }).meta({ id: 'StoredContent' }),
  ])
  .meta({ id: 'Content' });
export type Content = z.infer<typeof contentSchema>;

/** One page of a list. `next` is the cursor of the next page, `null` on the last one. */
export const pageSchemaOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .meta({ description: 'The cursor of the next page; null on the last one.' }),
  });

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
