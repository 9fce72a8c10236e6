/**
 * The deployed functions: their real handlers, each instance with its own ports, billed by nominal
 * durations.
 *
 * 1. An invocation lasts as long as its round trips, and at least its nominal duration. That time
 *    is billed.
 * 2. A killed invocation makes no more requests, returns no answer, and loses its instance.
 *
 * @module
 */
import type { Ledger } from '../ledger.ts';
import { invocation } from '../prices.ts';
import { NOMINAL_MS } from './nominal.ts';
import type { SimulatedTime } from './time.ts';

export type FunctionName = 'controller' | 'router' | 'sweeper' | 'api';

interface Context {
  getRemainingTimeInMillis(): number;
}
type Handler = (event: object, context: Context) => Promise<unknown>;

/** The configuration in the stack. */
const CONFIGURED: Readonly<
  Record<FunctionName, { readonly memoryGb: number; readonly timeoutMs: number }>
> = {
  controller: { memoryGb: 0.5, timeoutMs: 60_000 },
  router: { memoryGb: 0.25, timeoutMs: 30_000 },
  sweeper: { memoryGb: 0.25, timeoutMs: 300_000 },
  api: { memoryGb: 0.5, timeoutMs: 29_000 },
};
export const EVALUATOR_MEMORY_GB = 1;

interface Instance {
  readonly handler: Handler;
  freeAt: number;
}

/** The invocation that is executed now. */
export interface Invocation {
  readonly name: FunctionName;
  readonly startedAt: number;
  /** The number of its requests so far. */
  requests: number;
  /** Whether it submitted a job. */
  submitted: boolean;
  killed: boolean;
  /** Resolves when the invocation is killed. */
  readonly whenKilled: Promise<void>;
  kill(): void;
}

export interface InvocationResult {
  /** The time of its end. */
  readonly at: number;
  /** `undefined` if the invocation was killed. */
  readonly answer: unknown;
  readonly killed: boolean;
}

/** A request of a function or a step to a service. */
export interface ServiceRequest {
  /** The name of the client's class. */
  readonly service: string;
  readonly command: string;
  /** The name of the function, or `runner`. */
  readonly by: string;
  readonly queueUrl: string | undefined;
}

let instanceCount = 0;

export class Functions {
  readonly #time: SimulatedTime;
  readonly #ledger: Ledger;
  readonly #idle = new Map<FunctionName, Instance[]>();
  /** There is at most one invocation at a time. */
  current: Invocation | undefined;
  /** Is called before each request of an invocation, and may kill it. */
  beforeRequest: ((invocation: Invocation) => void) | undefined;
  /** Is called after each invocation. */
  afterInvocation: ((invocation: Invocation) => void) | undefined;
  readonly invocations: Record<FunctionName, number> = {
    controller: 0,
    router: 0,
    sweeper: 0,
    api: 0,
  };

  constructor(time: SimulatedTime, ledger: Ledger) {
    this.#time = time;
    this.#ledger = ledger;
  }

  async invoke(name: FunctionName, event: object): Promise<InvocationResult> {
    const { memoryGb, timeoutMs } = CONFIGURED[name];
    const instance = await this.#instance(name);
    const startedAt = this.#time.now();
    const invoked = newInvocation(name, startedAt);
    this.current = invoked;
    this.invocations[name] += 1;
    let answer: unknown;
    const context = { getRemainingTimeInMillis: () => timeoutMs - this.#time.elapsedMs };
    const work = async () => {
      answer = await Promise.race([instance.handler(event, context), invoked.whenKilled]);
    };
    const at = await this.#time.runInvocation(work, () =>
      invoked.killed ? 0 : invoked.submitted ? NOMINAL_MS.submitting : NOMINAL_MS.turn,
    );
    this.current = undefined;
    this.#ledger.add('Lambda', 'invocation', name, invocation(at - startedAt, memoryGb));
    instance.freeAt = at;
    if (!invoked.killed) this.#idle.get(name)?.push(instance);
    this.afterInvocation?.(invoked);
    return { at, answer, killed: invoked.killed };
  }

  /** Resolves when the invocation may make its request: never, if it was killed. */
  async request(): Promise<void> {
    const { current } = this;
    if (current === undefined) return;
    current.requests += 1;
    this.beforeRequest?.(current);
    if (this.#time.elapsedMs > CONFIGURED[current.name].timeoutMs) current.kill();
    if (current.killed) await NEVER;
  }

  async #instance(name: FunctionName): Promise<Instance> {
    const idle = this.#idle.get(name) ?? [];
    this.#idle.set(name, idle);
    const free = idle.findIndex(({ freeAt }) => freeAt <= this.#time.now());
    const [found] = free < 0 ? [] : idle.splice(free, 1);
    return found ?? { handler: await load(name), freeAt: this.#time.now() };
  }
}

const NEVER = new Promise<never>(() => undefined);

/** Starts a new instance: evaluates the module of the function again. */
async function load(name: FunctionName): Promise<Handler> {
  instanceCount += 1;
  const { href } = new URL(
    `../../../lambda/${name}/index.ts?instance=${instanceCount}`,
    import.meta.url,
  );
  const { handler }: { readonly handler: Handler } = await import(/* @vite-ignore */ href);
  return handler;
}

function newInvocation(name: FunctionName, startedAt: number): Invocation {
  let resolveKilled = (): void => undefined;
  const whenKilled = new Promise<void>((resolve) => {
    resolveKilled = resolve;
  });
  const invoked: Invocation = {
    name,
    startedAt,
    requests: 0,
    submitted: false,
    killed: false,
    whenKilled,
    kill() {
      invoked.killed = true;
      resolveKilled();
    },
  };
  return invoked;
}
