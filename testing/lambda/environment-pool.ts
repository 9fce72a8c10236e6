/**
 * The environments of one function, and the choice of the environment for an invocation.
 *
 * 1. The environment that was idle for the shortest time serves. If none is idle, another one
 *    starts, up to the function's concurrency.
 * 2. With tenant isolation, an environment serves only the tenant of its first invocation.
 *
 * @module
 */
import { Environment, type EnvironmentOptions } from './environment.ts';
import {
  type FunctionSpec,
  type Invocation,
  type InvocationRequest,
  MAX_REQUEST_BYTES,
  MAX_RESPONSE_BYTES,
  RefusedError,
  requirePayloadWithin,
  ThrottledError,
} from './invocation.ts';

export interface PoolOptions extends Omit<EnvironmentOptions, 'id' | 'tenant' | 'api'> {
  /** Parallel invocations of a function that reserves no concurrency. */
  readonly concurrency: number;
  /** Returns the address of the Runtime API for an environment. */
  readonly apiOf: (environment: string) => string;
  /** Called with each environment before its process starts. */
  readonly onEnvironment: (environment: Environment) => void;
}

export class Pool {
  readonly spec: FunctionSpec;
  readonly #options: PoolOptions;
  /** The most recently used environment comes first. */
  #environments: Environment[] = [];
  #busy = 0;
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: PoolOptions) {
    this.spec = options.spec;
    this.#options = options;
  }

  get environments(): readonly Environment[] {
    return this.#environments;
  }

  get #maxConcurrency(): number {
    return this.spec.reservedConcurrency ?? this.#options.concurrency;
  }

  /** @throws ThrottledError, RefusedError */
  async invoke(request: InvocationRequest): Promise<Invocation> {
    const { spec } = this;
    requirePayloadWithin(request.payload, MAX_REQUEST_BYTES);
    if (spec.tenantIsolation === true && request.tenant === undefined) {
      throw new RefusedError(
        'InvalidParameterValueException',
        400,
        'Add a valid tenant ID in your request and try again.',
      );
    }
    if (spec.tenantIsolation !== true && request.tenant !== undefined) {
      throw new RefusedError(
        'InvalidParameterValueException',
        400,
        'The function does not support tenant isolation: do not specify a tenant ID.',
      );
    }
    if (this.#busy >= this.#maxConcurrency) {
      throw new ThrottledError(
        spec.name,
        spec.reservedConcurrency === undefined
          ? 'ConcurrentInvocationLimitExceeded'
          : 'ReservedFunctionConcurrentInvocationLimitExceeded',
      );
    }
    const environment = this.#choose(request.tenant);
    this.#busy += 1;
    try {
      return limitResponse(await environment.invoke(request));
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
      this.#environments = this.#environments.filter((each) => each !== environment);
      if (environment.isAlive) this.#environments.unshift(environment);
    }
  }

  /** Invokes when there is capacity, for an event. */
  async invokeWhenFree(request: InvocationRequest): Promise<Invocation> {
    while (this.#busy >= this.#maxConcurrency)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return await this.invoke(request);
  }

  /** Kills the idle environments. */
  recycle(): void {
    for (const environment of this.#environments) if (environment.isIdle) environment.kill();
    this.#environments = this.#environments.filter(({ isAlive }) => isAlive);
  }

  async close(): Promise<void> {
    await Promise.all(this.#environments.map((environment) => environment.close()));
  }

  #choose(tenant: string | undefined): Environment {
    if (this.spec.fresh?.() === true) this.recycle();
    const idle = this.#environments.find(
      (environment) => environment.isIdle && environment.tenant === tenant,
    );
    if (idle !== undefined) {
      this.#claim(idle);
      return idle;
    }
    this.#count += 1;
    const id = `${this.spec.name}.${this.#count}`;
    const environment = new Environment({
      ...this.#options,
      id,
      tenant,
      api: this.#options.apiOf(id),
    });
    this.#options.onEnvironment(environment);
    this.#claim(environment);
    return environment;
  }

  #claim(environment: Environment): void {
    this.#environments = [
      environment,
      ...this.#environments.filter((each) => each !== environment && each.isAlive),
    ];
  }
}

/** Converts a response that is too large to an error of the function. */
function limitResponse(invocation: Invocation): Invocation {
  if (
    invocation.status !== 'success' ||
    Buffer.byteLength(invocation.payload) <= MAX_RESPONSE_BYTES
  )
    return invocation;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return {
    ...invocation,
    status: 'error',
    payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
  };
}
