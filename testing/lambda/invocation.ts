/**
 * The specification of a function, and the request and the result of an invocation.
 *
 * @module
 */

/** A function, as in the template or as a test defines it. */
export interface FunctionSpec {
  /** The name that callers use. */
  readonly name: string;
  /** The folder with `index.mjs`. */
  readonly bundle: string;
  /** Default: `index.handler`. */
  readonly handler?: string;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether each environment serves only one tenant, and each invocation must name one. */
  readonly tenantIsolation?: boolean;
  /** Parallel invocations. Default: the maximum of the emulator. */
  readonly reservedConcurrency?: number;
  /** Whether loops through queues are allowed. Default: they are stopped after 16 hops. */
  readonly recursiveLoop?: 'Allow' | 'Terminate';
  /** Called before each invocation: whether it starts in a new environment. */
  readonly fresh?: () => boolean;
}

export interface InvocationRequest {
  /** JSON. */
  readonly payload: string;
  readonly tenant?: string | undefined;
  /** `X-Amzn-Trace-Id` of the caller or of the message. */
  readonly trace?: string | undefined;
}

export type Status = 'success' | 'error' | 'init error' | 'timeout' | 'out of memory' | 'killed';

/** The result of an invocation. */
export interface Invocation {
  readonly requestId: string;
  readonly function: string;
  /** The id of its environment, which is also the access key id. */
  readonly environment: string;
  readonly tenant: string | undefined;
  /**
   * Milliseconds from the start of the environment to its first request for an invocation, if this
   * invocation was its first.
   */
  readonly initMs: number | undefined;
  readonly durationMs: number;
  readonly maxMemoryMiB: number;
  readonly status: Status;
  /** JSON: the handler's result, or the error that callers receive. */
  readonly payload: string;
  /** Its log lines, as JSON texts. */
  readonly logs: readonly string[];
}

/** The concurrency is exhausted; the caller receives status 429. */
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

/** An invocation that Lambda rejects. */
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

/** The most bytes of a synchronous request. */
export const MAX_REQUEST_BYTES = 6_291_456;
/** The most bytes of the response to a synchronous request. */
export const MAX_RESPONSE_BYTES = 6_291_556;
/** The most bytes of an event of an asynchronous invocation. */
export const MAX_EVENT_BYTES = 1_048_576;

/** @throws RefusedError */
export function requirePayloadWithin(payload: string, maxBytes: number): void {
  if (Buffer.byteLength(payload) > maxBytes)
    throw new RefusedError(
      'RequestTooLargeException',
      413,
      `Request must be smaller than ${maxBytes} bytes for the InvokeFunction operation`,
    );
}
