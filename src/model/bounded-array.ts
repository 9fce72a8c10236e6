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
  z.array(z.unknown()).max(maxItems).pipe(z.array(item));
