/**
 * What a function was asked, and what came of it.
 *
 * @module
 */

/** What a function is: as its resource in the template says, or as a test wants it. */
export interface FunctionSpec {
  /** Its name, as callers know it. */
  readonly name: string;
  /** The folder with `index.mjs`. */
  readonly bundle: string;
  /** Default: `index.handler`. */
  readonly handler?: string;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** An environment serves one tenant for its whole life, and an invocation must name one. */
  readonly tenantIsolation?: boolean;
  /** Invocations at once. Default: as many as the host allows. */
  readonly reservedConcurrency?: number;
  /** Loops through queues are not stopped. Default: they are, after 16 hops. */
  readonly recursiveLoop?: 'Allow' | 'Terminate';
  /** Asked before each invocation: true has it begin in a new environment, whatever is warm. */
  readonly fresh?: () => boolean;
}

export interface Ask {
  /** JSON. */
  readonly payload: string;
  readonly tenant?: string | undefined;
  /** `X-Amzn-Trace-Id`, as the caller sent it or the message holds it. */
  readonly trace?: string | undefined;
}

export type Status = 'success' | 'error' | 'init error' | 'timeout' | 'out of memory' | 'killed';

/** One invocation, when it is over. */
export interface Invocation {
  readonly requestId: string;
  readonly function: string;
  /** Of the environment that served it, which is its access key id, too. */
  readonly environment: string;
  readonly tenant: string | undefined;
  /**
   * Milliseconds from the begin of the environment to its first wish for work, if this invocation
   * was its first.
   */
  readonly initMs: number | undefined;
  readonly durationMs: number;
  readonly maxMemoryMiB: number;
  readonly status: Status;
  /** JSON: what the handler answered, or the error as callers see it. */
  readonly payload: string;
  /** Lines that it wrote, as JSON texts. */
  readonly logs: readonly string[];
}

/** There is no room for one more invocation; the caller is told 429. */
export class ThrottledError extends Error {
  constructor(
    readonly functionName: string,
    readonly reason:
      | 'ReservedFunctionConcurrentInvocationLimitExceeded'
      | 'ConcurrentInvocationLimitExceeded',
  ) {
    super('Rate Exceeded.');
  }
}

/** An invocation that Lambda would not begin. */
export class RefusedError extends Error {
  constructor(
    readonly type:
      | 'RecursiveInvocationException'
      | 'ResourceNotFoundException'
      | 'InvalidParameterValueException'
      | 'RequestTooLargeException'
      | 'InvalidRequestContentException',
    readonly httpStatus: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a synchronous payload may hold, both ways. */
export const MOST_BYTES = 6 * 2 ** 20;
