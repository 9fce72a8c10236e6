/**
 * The messages that a parent accepts from its runner. Any other message on the channel comes from
 * the step's own code and is ignored.
 *
 * @module
 */
import { z } from 'zod';

export const fromRunnerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready'), heapLimit: z.number().nonnegative() }),
  z.strictObject({ kind: z.literal('idle') }),
  z.strictObject({ kind: z.literal('message'), id: z.int().nonnegative(), message: z.unknown() }),
]);
