/**
 * Injects faults into requests, to test the callers of Batch.
 *
 * @module
 */
import { z } from 'zod';
import { Refusal } from './errors.ts';

export const faultSchema = z.object({
  /** The last part of the operation's path, such as `submitjob`; case-insensitive. */
  operation: z.string(),
  /** Number of requests that fail. Default: 1. */
  times: z.int().min(1).default(1),
  type: z
    .enum([
      'ClientException',
      'ServerException',
      'TooManyRequestsException',
      'AccessDeniedException',
      'ExpiredTokenException',
      'UnrecognizedClientException',
    ])
    .default('ServerException'),
  /** Default: a text that names the operation. */
  message: z.string().optional(),
  /** Whether the operation takes effect before the request fails. Default: false. */
  done: z.boolean().default(false),
});
export type Fault = z.input<typeof faultSchema>;

export class Faults {
  readonly #pending: z.infer<typeof faultSchema>[] = [];

  add(fault: Fault): void {
    const parsed = faultSchema.parse(fault);
    this.#pending.push({ ...parsed, operation: parsed.operation.toLowerCase() });
  }

  /** Runs an operation, or fails it if a fault is pending. */
  guard<T>(operation: string, act: () => T): T {
    const at = this.#pending.findIndex((each) => each.operation === operation);
    const fault = this.#pending[at];
    if (fault === undefined) return act();
    fault.times -= 1;
    if (fault.times === 0) this.#pending.splice(at, 1);
    if (fault.done) act();
    throw new Refusal(fault.message ?? `${operation} fails: injected fault`, fault.type);
  }
}
