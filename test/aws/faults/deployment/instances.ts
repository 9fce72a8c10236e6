/**
 * Instances of the deployed functions in this process: the deployed bundles, loaded once per
 * instance, each with its own access key id.
 *
 * 1. One invocation runs at a time, or is nested in the invocation that waits for it.
 * 2. An instance reads the secret while it is loaded. The access key id is a variable of the
 *    process: while an instance is loaded, the variable is that of this instance.
 * 3. A crashed instance receives no response and no further invocation. The effects of its earlier
 *    requests remain.
 *
 * @module
 */
export type FunctionName = 'controller' | 'router' | 'sweeper' | 'api' | 'evaluator';

type Handler = (
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
) => Promise<unknown>;

export interface Killable {
  /** Its access key id. */
  readonly id: string;
  readonly isAlive: boolean;
  /** Resolves when it is killed. */
  readonly killed: Promise<'killed'>;
  kill(): void;
}

export function createKillable(id: string): Killable {
  let resolveKilled = (): void => undefined;
  let isAlive = true;
  const killed = new Promise<'killed'>((resolve) => {
    resolveKilled = () => resolve('killed');
  });
  return {
    id,
    killed,
    get isAlive() {
      return isAlive;
    },
    kill() {
      isAlive = false;
      resolveKilled();
    },
  };
}

/** The result of an invocation; undefined if its instance crashed. */
export type InvocationResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string }
  | undefined;

const BUNDLES = new URL('../../../../dist/lambda/', import.meta.url);
const REMAINING_MS = 60_000;
let count = 0;

/** Counts for the whole process, so that the id of a crashed instance is never used again. */
export const nextId = (name: string): string => `${name}.${++count}`;

interface Loaded {
  readonly instance: Killable;
  readonly handler: Handler;
}

export class Instances {
  readonly #alive = new Map<FunctionName, Promise<Loaded | undefined>>();
  readonly #known = new Map<string, Killable>();
  #loading: Killable | undefined;
  /** Settles when no instance is loaded. */
  #loaded: Promise<unknown> = Promise.resolve();
  /** The instances of the running invocations, the innermost last. */
  readonly #running: Killable[] = [];
  readonly invocations = new Map<FunctionName, number>();

  /** Finds an instance by its access key id. */
  find(id: string): Killable | undefined {
    return this.#known.get(id);
  }

  /** The instance of the innermost running invocation. */
  get current(): Killable | undefined {
    return this.#running.at(-1);
  }

  async invoke(name: FunctionName, event: unknown): Promise<InvocationResult> {
    this.invocations.set(name, (this.invocations.get(name) ?? 0) + 1);
    const loaded = await this.#instance(name).catch(failureOf);
    if (loaded === undefined || 'ok' in loaded) return loaded;
    const { instance, handler } = loaded;
    this.#running.push(instance);
    this.#setAccessKey();
    try {
      const value = await Promise.race([
        instance.killed,
        handler(event, { getRemainingTimeInMillis: () => REMAINING_MS }),
      ]);
      return instance.isAlive ? { ok: true, value } : undefined;
    } catch (error) {
      return failureOf(error);
    } finally {
      this.#running.splice(this.#running.lastIndexOf(instance), 1);
      this.#setAccessKey();
      if (!instance.isAlive) this.#alive.delete(name);
    }
  }

  #setAccessKey(): void {
    process.env.AWS_ACCESS_KEY_ID = (this.#loading ?? this.current)?.id ?? 'none';
  }

  #instance(name: FunctionName): Promise<Loaded | undefined> {
    const known = this.#alive.get(name);
    if (known !== undefined) return known;
    const loaded = this.#loaded.then(() => this.#start(name));
    this.#alive.set(name, loaded);
    this.#loaded = loaded
      .catch(() => undefined)
      .then((usable) => {
        if (usable === undefined) this.#alive.delete(name);
      });
    return loaded;
  }

  /** Undefined if the instance crashed while it was loaded. */
  async #start(name: FunctionName): Promise<Loaded | undefined> {
    const instance = createKillable(nextId(name));
    this.#known.set(instance.id, instance);
    this.#loading = instance;
    this.#setAccessKey();
    const environment = { ...process.env };
    try {
      const handler = await Promise.race([instance.killed, load(name)]);
      return handler === 'killed' ? undefined : { instance, handler };
    } finally {
      // The evaluator's bundle deletes the credentials from the environment.
      Object.assign(process.env, environment);
      this.#loading = undefined;
      this.#setAccessKey();
    }
  }
}

const failureOf = (error: unknown) => ({
  ok: false as const,
  error: error instanceof Error ? (error.stack ?? error.message) : String(error),
});

async function load(name: FunctionName): Promise<Handler> {
  const { handler }: { readonly handler: Handler } = await import(
    `${new URL(`${name}/index.mjs`, BUNDLES).href}?instance=${count}`
  );
  return handler;
}
