/**
 * A Lambda emulator for tests: runs functions as processes of the Node.js version that AWS would
 * use. They are invoked by a method or by the SDK's REST request.
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
import {
  type FunctionSpec,
  type Invocation,
  type InvocationRequest,
  MAX_EVENT_BYTES,
  RefusedError,
  requirePayloadWithin,
} from './invocation.ts';
import { answerInvoke } from './invoke-api.ts';
import { traceOfInvocation } from './lineage.ts';
import { functionNode } from './node-runtime.ts';
import { answerRuntime } from './runtime-api.ts';

export interface FunctionsOptions {
  readonly functions: readonly FunctionSpec[];
  /**
   * Variables of every function; a function's own variables override them.
   * `AWS_ENDPOINT_URL_LAMBDA` is this emulator by default.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** The path of the Node.js executable. Default: the version of `nodejs24.x`. */
  readonly node?: string;
  readonly clock?: Clock;
  /** Whether the time in functions follows the clock. Default: false, the machine's time. */
  readonly shiftTime?: boolean;
  readonly region?: string;
  readonly account?: string;
  /** Parallel invocations of a function that reserves no concurrency. Default: 20. */
  readonly concurrency?: number;
  /** Called when an environment receives an invocation. */
  readonly onStart?: (environment: Environment) => void;
  /** Called when an invocation ends, with any status. */
  readonly onInvocation?: (invocation: Invocation) => void;
  /** Receives the events that an asynchronous invocation did not handle in three tries. */
  readonly onUndelivered?: (functionName: string, payload: string) => void;
}

export interface Functions {
  /** `AWS_ENDPOINT_URL_LAMBDA` */
  readonly url: string;
  readonly clock: Clock;
  spec(name: string): FunctionSpec;
  /** @throws ThrottledError, RefusedError */
  invoke(name: string, request: InvocationRequest): Promise<Invocation>;
  /** Invokes asynchronously: resolves when the event was handled, or failed three times. */
  invokeLater(name: string, request: InvocationRequest): Promise<void>;
  environments(name: string): readonly Environment[];
  /** Finds an environment by its id, which is also its access key id. */
  environment(id: string): Environment | undefined;
  /** Kills an environment at once. @returns whether it was alive */
  kill(environment: string): boolean;
  /**
   * Kills the idle environments of a function, or of all, so that the next invocation starts cold.
   */
  recycle(name?: string): void;
  /** Number of running invocations. */
  readonly busy: number;
  stop(): Promise<void>;
}

const MAX_TRIES = 3;
/** The pause after the first try; twice as long after the second. */
const RETRY_MS = 60_000;

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
    onStart: options.onStart,
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

  async function counted(
    act: (
      pool: Pool,
      traced: (request: InvocationRequest) => InvocationRequest,
    ) => Promise<Invocation>,
    name: string,
  ): Promise<Invocation> {
    busy += 1;
    try {
      const pool = poolOf(name);
      const invocation = await act(pool, (request) => ({
        ...request,
        trace: traceOfInvocation(pool.spec, request.trace),
      }));
      options.onInvocation?.(invocation);
      return invocation;
    } finally {
      busy -= 1;
    }
  }

  const invoke = (name: string, request: InvocationRequest): Promise<Invocation> =>
    counted((pool, traced) => pool.invoke(traced(request)), name);

  async function invokeLater(name: string, request: InvocationRequest): Promise<void> {
    requirePayloadWithin(request.payload, MAX_EVENT_BYTES);
    for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      const { status } = await counted(
        (pool, traced) => pool.invokeWhenFree(traced(request)),
        name,
      );
      if (status === 'success') return;
      if (attempt < MAX_TRIES)
        await new Promise<void>((resolve) => clock.at(clock.now() + attempt * RETRY_MS, resolve));
    }
    options.onUndelivered?.(name, request.payload);
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
