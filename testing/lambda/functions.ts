/**
 * A Lambda of the tests: functions as processes of the Node that AWS would run them with, invoked
 * by the REST call of the SDK or at once.
 *
 * ```ts
 * const lambda = await startFunctions({ functions: [{ name: 'echo', bundle: '/path', timeoutMs: 3000, memoryMiB: 128 }] });
 * const { payload } = await lambda.invoke('echo', { payload: '{}' });
 * lambda.kill('echo.1');
 * await lambda.stop();
 * ```
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Clock } from '../clock/skippable-clock.ts';
import { bodyOf, listen } from '../http-server.ts';
import type { Environment } from './environment.ts';
import { Pool } from './environment-pool.ts';
import { startGuard } from './guard.ts';
import { type Ask, type FunctionSpec, type Invocation, RefusedError } from './invocation.ts';
import { answerInvoke } from './invoke-api.ts';
import { traceOfInvocation } from './lineage.ts';
import { functionNode } from './node-runtime.ts';
import { answerRuntime } from './runtime-api.ts';

export interface FunctionsOptions {
  readonly functions: readonly FunctionSpec[];
  /**
   * Variables of every function; its own go before. `AWS_ENDPOINT_URL_LAMBDA` is this host, unless
   * it is named.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** The program of Node. Default: that of `nodejs24.x`. */
  readonly node?: string;
  readonly clock?: Clock;
  /** Time in the functions is the clock's. Default: the machine's. */
  readonly shiftTime?: boolean;
  readonly region?: string;
  readonly account?: string;
  /** Invocations at once of one function, where it reserves none. Default: 20. */
  readonly concurrency?: number;
  /** Told of each invocation as its environment gets it. */
  readonly onBegin?: (environment: Environment) => void;
  /** Told of each invocation as it ends, in whatever way. */
  readonly onInvocation?: (invocation: Invocation) => void;
  /** Where events go that an asynchronous invocation could not handle in three times. */
  readonly onUndelivered?: (functionName: string, payload: string) => void;
}

export interface Functions {
  /** `AWS_ENDPOINT_URL_LAMBDA` */
  readonly url: string;
  readonly clock: Clock;
  spec(name: string): FunctionSpec;
  /** @throws ThrottledError, RefusedError */
  invoke(name: string, ask: Ask): Promise<Invocation>;
  /** As of EventBridge: resolves when the event was handled or given up; tried three times. */
  invokeLater(name: string, ask: Ask): Promise<void>;
  environments(name: string): readonly Environment[];
  /** By its id, which is the access key id that it signs with. */
  environment(id: string): Environment | undefined;
  /** Ends an environment at once. @returns whether it was alive */
  kill(environment: string): boolean;
  /**
   * The idle environments of a function, or of all, never serve again: what comes next begins cold.
   */
  recycle(name?: string): void;
  /** Invocations under way. */
  readonly busy: number;
  stop(): Promise<void>;
}

const TRIES = 3;
/** Between them; Lambda waits for a minute, then for two. */
const AGAIN_MS = 60_000;

export async function startFunctions(options: FunctionsOptions): Promise<Functions> {
  const {
    functions,
    environment = {},
    clock = new Clock(),
    region = 'us-east-1',
    account = '000000000000',
    concurrency = 20,
  } = options;
  const node = options.node ?? (await functionNode());
  const guard = startGuard();
  const environments = new Map<string, Environment>();
  const server = await listen((incoming, response) => void serve(incoming, response));
  const common = {
    node,
    clock,
    region,
    account,
    concurrency,
    guard,
    variables: { AWS_ENDPOINT_URL_LAMBDA: `http://${server.address}`, ...environment },
    shiftTime: options.shiftTime ?? false,
    onBegin: options.onBegin,
  };
  const apiOf = (id: string) => `${server.address}/environments/${id}`;
  const onEnvironment = (each: Environment) => void environments.set(each.id, each);
  const pools = new Map(
    functions.map((spec) => [spec.name, new Pool({ ...common, spec, apiOf, onEnvironment })]),
  );
  let busy = 0;

  function poolOf(name: string): Pool {
    const pool = pools.get(name.split(':').at(-1) ?? '');
    if (pool === undefined)
      throw new RefusedError('ResourceNotFoundException', 404, `Function not found: ${name}`);
    return pool;
  }

  async function during(
    act: (pool: Pool, traced: (ask: Ask) => Ask) => Promise<Invocation>,
    name: string,
  ): Promise<Invocation> {
    busy += 1;
    try {
      const pool = poolOf(name);
      const invocation = await act(pool, (ask) => ({
        ...ask,
        trace: traceOfInvocation(pool.spec, ask.trace),
      }));
      options.onInvocation?.(invocation);
      return invocation;
    } finally {
      busy -= 1;
    }
  }

  const invoke = (name: string, ask: Ask): Promise<Invocation> =>
    during((pool, traced) => pool.invoke(traced(ask)), name);

  async function invokeLater(name: string, ask: Ask): Promise<void> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const { status } = await during((pool, traced) => pool.invokeInTurn(traced(ask)), name);
      if (status === 'success') return;
      if (attempt < TRIES)
        await new Promise<void>((resolve) => clock.at(clock.now() + attempt * AGAIN_MS, resolve));
    }
    options.onUndelivered?.(name, ask.payload);
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(incoming.url ?? '/', 'http://host');
    const [, kind, id = '', ...rest] = pathname.split('/');
    const body = (await bodyOf(incoming)).toString();
    if (kind === 'environments')
      answerRuntime(environments.get(id), rest.join('/'), body, response);
    else
      await answerInvoke(
        { invoke, invokeLater },
        { path: pathname, headers: incoming.headers, body },
        response,
      );
  }

  return {
    url: `http://${server.address}`,
    clock,
    spec: (name) => poolOf(name).spec,
    invoke,
    invokeLater,
    environments: (name) => poolOf(name).environments,
    environment: (id) => environments.get(id),
    kill(id) {
      const found = environments.get(id);
      const wasAlive = found?.isAlive === true;
      found?.kill();
      return wasAlive;
    },
    recycle(name) {
      for (const pool of name === undefined ? pools.values() : [poolOf(name)]) pool.recycle();
    },
    get busy() {
      return busy;
    },
    async stop() {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
      guard.close();
      await server.close();
    },
  };
}
