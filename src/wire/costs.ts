/**
 * The document of an estimated cost.
 *
 * @module
 */
import { z } from 'zod';

export const costSchema = z
  .object({
    compute: z.number().meta({
      description:
        'The machines or functions that executed steps. The cost of a step includes failed attempts, that of a run is of completed executions.',
    }),
    requests: z.number().meta({
      description: "Headrace's own requests to AWS: messages, records, invocations of functions.",
    }),
    savedByCache: z.number().nullable().meta({
      description:
        'The estimated compute of the executions whose results were taken from the cache; null if it is not known.',
    }),
    currency: z.literal('USD'),
    estimated: z.literal(true),
    basis: z.string().meta({ description: 'The prices and the times of the estimate, in words.' }),
  })
  .meta({
    id: 'Cost',
    description: 'An estimate at list prices. It is no bill: discounts and taxes are left out.',
  });
export type CostDocument = z.infer<typeof costSchema>;
