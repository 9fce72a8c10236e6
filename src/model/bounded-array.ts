/**
 * A schema of arrays of bounded length.
 *
 * @module
 */
import { z } from 'zod';

/**
 * The length is checked before the items: an array that is too long costs nothing, whatever its
 * items are.
 */
export const boundedArray = <T extends z.ZodType>(item: T, maxItems: number) =>
  z
    .custom<unknown[]>(
      (value) => Array.isArray(value) && value.length <= maxItems,
      `it must be a list of at most ${maxItems} items`,
    )
    .pipe(z.array(item));
