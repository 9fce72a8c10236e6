/**
 * Instances of the deployed functions in this process: the very bundles, each instance loaded anew,
 * with an access key id of its own.
 *
 * 1. One invocation is under way at a time.
 * 2. An instance that died is never answered any more, and never serves again: whatever it had
 *    begun stays begun.
 *
 * @module
 */
export type FunctionName = 'controller' | 'router' | 'sweeper' | 'api' | 'evaluator';

type Handler = (
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
) => Promise<unknown>;

export interface Mortal {
  /** Its access key id. */
  readonly id: string;
  readonly isAlive: boolean;
  /** Resolves when it dies. */
  readonly death: Promise<'dead'>;
  kill(): void;
}

export function mortal(id: string): Mortal {
  let die = (): void => undefined;
  let isAlive = true;
  const death = new Promise<'dead'>((resolve) => {
    die = () => resolve('dead');
  });
  return {
    id,
    death,
    get isAlive() {
      return isAlive;
    },
    kill() {
      isAlive = false;
      die();
    },
  };
}

/** What an invocation came to; undefined: its instance died. */
export type Ended =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string }
  | undefined;

const BUNDLES = new URL('../../../../dist/lambda/', import.meta.url);
const REMAINING_MS = 60_000;
let count = 0;

/** Counts on for the whole process: who died is never taken for somebody who lives. */
export const nextId = (name: string): string => `${name}.${++count}`;

export class Instances {
  readonly #alive = new Map<
    FunctionName,
    { readonly instance: Mortal; readonly handler: Handler }
  >();
  readonly #known = new Map<string, Mortal>();
  readonly #under: Mortal[] = [];
  readonly invocations = new Map<FunctionName, number>();

  /** By access key id. */
  find(id: string): Mortal | undefined {
    return this.#known.get(id);
  }

  /** The innermost of those at work. */
  get under(): Mortal | undefined {
    return this.#under.at(-1);
  }

  async invoke(name: FunctionName, event: unknown): Promise<Ended> {
    this.invocations.set(name, (this.invocations.get(name) ?? 0) + 1);
    const before = process.env.AWS_ACCESS_KEY_ID;
    const { instance, handler } = await this.#instance(name);
    process.env.AWS_ACCESS_KEY_ID = instance.id;
    this.#under.push(instance);
    try {
      const value = await Promise.race([
        instance.death,
        handler(event, { getRemainingTimeInMillis: () => REMAINING_MS }),
      ]);
      return instance.isAlive ? { ok: true, value } : undefined;
    } catch (error) {
      return {
        ok: false,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    } finally {
      this.#under.pop();
      process.env.AWS_ACCESS_KEY_ID = before;
      if (!instance.isAlive) this.#alive.delete(name);
    }
  }

  async #instance(name: FunctionName) {
    const alive = this.#alive.get(name);
    if (alive !== undefined) return alive;
    const instance = mortal(nextId(name));
    this.#known.set(instance.id, instance);
    process.env.AWS_ACCESS_KEY_ID = instance.id;
    const environment = { ...process.env };
    const made = { instance, handler: await load(name) };
    // The evaluator's takes its credentials away.
    Object.assign(process.env, environment);
    this.#alive.set(name, made);
    return made;
  }
}

async function load(name: FunctionName): Promise<Handler> {
  const { handler }: { readonly handler: Handler } = await import(
    `${new URL(`${name}/index.mjs`, BUNDLES).href}?instance=${count}`
  );
  return handler;
}
