/**
 * Requests that fail on demand, for tests of whoever calls Batch.
 *
 * @module
 */
import { z } from 'zod';
import { Refusal } from './errors.ts';

export const faultSchema = z.object({
  /** The last part of the operation's address, such as `submitjob`. Case does not matter. */
  operation: z.string(),
  /** Requests that fail. Default: 1. */
  times: z.int().min(1).default(1),
  type: z
    .enum([
      'ClientException',
      'ServerException',
      'TooManyRequestsException',
      'AccessDeniedException',
    ])
    .default('ServerException'),
  /** The operation is done, and its answer lost. Default: it is not done. */
  done: z.boolean().default(false),
});
export type Fault = z.input<typeof faultSchema>;

export class Faults {
  readonly #pending: { operation: string; times: number; type: Refusal['type']; done: boolean }[] =
    [];

  add(fault: Fault): void {
    const parsed = faultSchema.parse(fault);
    this.#pending.push({ ...parsed, operation: parsed.operation.toLowerCase() });
  }

  /** Runs an operation, or fails it as asked. */
  guard<T>(operation: string, act: () => T): T {
    const at = this.#pending.findIndex((each) => each.operation === operation);
    const fault = this.#pending[at];
    if (fault === undefined) return act();
    fault.times -= 1;
    if (fault.times === 0) this.#pending.splice(at, 1);
    if (fault.done) act();
    throw new Refusal(`${operation} fails on demand`, fault.type);
  }
}
