/**
 * A function: its environments, and which of them serves an invocation.
 *
 * 1. The environment that was idle for the shortest time serves; if none is idle, one more begins,
 *    up to the function's concurrency.
 * 2. With tenant isolation an environment serves the tenant that it began with, and no other.
 *
 * @module
 */
import { Environment, type EnvironmentOptions } from './environment.ts';
import {
  type Ask,
  type FunctionSpec,
  type Invocation,
  MOST_BYTES,
  RefusedError,
  ThrottledError,
} from './invocation.ts';

export interface PoolOptions extends Omit<EnvironmentOptions, 'id' | 'tenant' | 'api'> {
  /** Invocations at once, where the function reserves none. */
  readonly concurrency: number;
  /** The Runtime API's address for an environment. */
  readonly apiOf: (environment: string) => string;
  /** Told of each environment before its process begins. */
  readonly onEnvironment: (environment: Environment) => void;
}

export class Pool {
  readonly spec: FunctionSpec;
  readonly #options: PoolOptions;
  /** Those that served last come first. */
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

  get #most(): number {
    return this.spec.reservedConcurrency ?? this.#options.concurrency;
  }

  /** @throws ThrottledError, RefusedError */
  async invoke(ask: Ask): Promise<Invocation> {
    const { spec } = this;
    if (Buffer.byteLength(ask.payload) > MOST_BYTES) {
      throw new RefusedError(
        'RequestTooLargeException',
        413,
        `Request must be smaller than ${MOST_BYTES} bytes for the InvokeFunction operation`,
      );
    }
    if (spec.tenantIsolation === true && ask.tenant === undefined) {
      throw new RefusedError(
        'InvalidParameterValueException',
        400,
        'Add a valid tenant ID in your request and try again.',
      );
    }
    if (spec.tenantIsolation !== true && ask.tenant !== undefined) {
      throw new RefusedError(
        'InvalidParameterValueException',
        400,
        'The function does not support tenant isolation: do not specify a tenant ID.',
      );
    }
    if (this.#busy >= this.#most) {
      throw new ThrottledError(
        spec.name,
        spec.reservedConcurrency === undefined
          ? 'ConcurrentInvocationLimitExceeded'
          : 'ReservedFunctionConcurrentInvocationLimitExceeded',
      );
    }
    const environment = this.#choose(ask.tenant);
    this.#busy += 1;
    try {
      return limited(await environment.invoke(ask));
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
      this.#environments = this.#environments.filter((each) => each !== environment);
      if (environment.isAlive) this.#environments.unshift(environment);
    }
  }

  /** The same for an event, which waits for room. */
  async invokeInTurn(ask: Ask): Promise<Invocation> {
    while (this.#busy >= this.#most)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return await this.invoke(ask);
  }

  /** What is idle now never serves again. */
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

/** An answer that does not fit is an error of the function. */
function limited(invocation: Invocation): Invocation {
  if (invocation.status !== 'success' || Buffer.byteLength(invocation.payload) <= MOST_BYTES)
    return invocation;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MOST_BYTES} bytes).`;
  return {
    ...invocation,
    status: 'error',
    payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
  };
}
