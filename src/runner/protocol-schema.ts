/**
 * What a parent accepts of its runner: whatever else comes over the channel is the step's own doing.
 *
 * @module
 */
import { z } from 'zod';

export const fromRunnerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready'), heapLimit: z.number() }),
  z.strictObject({ kind: z.literal('message'), id: z.int().nonnegative(), message: z.unknown() }),
]);
