/**
 * The deployed functions: their real handlers, each instance with ports of its own, billed by the
 * nominal durations.
 *
 * 1. An invocation takes the time of its round trips, and its nominal duration at the least: that
 *    is what is billed.
 * 2. An invocation that is killed asks for nothing more; nobody hears its answer, and its instance
 *    is gone.
 *
 * @module
 */
import type { Ledger } from '../ledger.ts';
import { invocation } from '../prices.ts';
import { NOMINAL } from './nominal.ts';
import type { SimulatedTime } from './time.ts';

export type FunctionName = 'controller' | 'router' | 'sweeper' | 'api';

interface Context {
  getRemainingTimeInMillis(): number;
}
type Handler = (event: object, context: Context) => Promise<unknown>;

/** As the stack configures them: memory in GB, limit in milliseconds. */
const CONFIGURED: Readonly<
  Record<FunctionName, { readonly memory: number; readonly limit: number }>
> = {
  controller: { memory: 0.5, limit: 60_000 },
  router: { memory: 0.25, limit: 30_000 },
  sweeper: { memory: 0.25, limit: 300_000 },
  api: { memory: 0.5, limit: 29_000 },
};
export const EVALUATOR_MEMORY = 1;

interface Instance {
  readonly handler: Handler;
  freeAt: number;
}

/** An invocation under way. */
export interface Invocation {
  readonly name: FunctionName;
  /** Requests so far. */
  requests: number;
  submitted: boolean;
  killed: boolean;
  /** Resolves when it is killed. */
  readonly death: Promise<void>;
  kill(): void;
}

export interface Ended {
  readonly at: number;
  /** Undefined: it was killed. */
  readonly answer: unknown;
  readonly killed: boolean;
}

let instances = 0;

export class Functions {
  readonly #time: SimulatedTime;
  readonly #ledger: Ledger;
  readonly #idle = new Map<FunctionName, Instance[]>();
  /** One thing happens at a time. */
  under: Invocation | undefined;
  /** Called before each request of an invocation: may kill it. */
  fate: ((invocation: Invocation) => void) | undefined;
  /** Called after each invocation. */
  after: ((invocation: Invocation) => void) | undefined;
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

  async invoke(name: FunctionName, event: object): Promise<Ended> {
    const { memory, limit } = CONFIGURED[name];
    const instance = await this.#instance(name);
    const invoked = newInvocation(name);
    this.under = invoked;
    this.invocations[name] += 1;
    const begun = this.#time.now;
    let answer: unknown;
    const context = { getRemainingTimeInMillis: () => limit - this.#time.elapsed };
    const work = async () => {
      answer = await Promise.race([instance.handler(event, context), invoked.death]);
    };
    const at = await this.#time.during(work, () =>
      invoked.killed ? 0 : invoked.submitted ? NOMINAL.submitting : NOMINAL.turn,
    );
    this.under = undefined;
    this.#ledger.add('Lambda', 'invocation', name, invocation(at - begun, memory));
    instance.freeAt = at;
    if (!invoked.killed) this.#idle.get(name)?.push(instance);
    this.after?.(invoked);
    return { at, answer, killed: invoked.killed };
  }

  /** Resolves when the invocation may make its request; never, if it is dead. */
  async request(): Promise<void> {
    const { under } = this;
    if (under === undefined) return;
    under.requests += 1;
    this.fate?.(under);
    if (this.#time.elapsed > CONFIGURED[under.name].limit) under.kill();
    if (under.killed) await NEVER;
  }

  async #instance(name: FunctionName): Promise<Instance> {
    const idle = this.#idle.get(name) ?? [];
    this.#idle.set(name, idle);
    const free = idle.findIndex(({ freeAt }) => freeAt <= this.#time.now);
    const [found] = free < 0 ? [] : idle.splice(free, 1);
    return found ?? { handler: await load(name), freeAt: this.#time.now };
  }
}

const NEVER = new Promise<never>(() => undefined);

/** A new instance: the module that assembles is evaluated anew. */
async function load(name: FunctionName): Promise<Handler> {
  instances += 1;
  const { href } = new URL(
    `../../../lambda/${name}/index.ts?instance=${instances}`,
    import.meta.url,
  );
  const { handler }: { readonly handler: Handler } = await import(/* @vite-ignore */ href);
  return handler;
}

function newInvocation(name: FunctionName): Invocation {
  let die = (): void => undefined;
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  const invoked: Invocation = {
    name,
    requests: 0,
    submitted: false,
    killed: false,
    death,
    kill() {
      invoked.killed = true;
      die();
    },
  };
  return invoked;
}
