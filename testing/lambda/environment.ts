/**
 * One execution environment: a process that requests invocations from the Runtime API.
 *
 * 1. It serves one invocation at a time, and is stopped (SIGSTOP) between two, so that nothing runs
 *    in the background.
 * 2. Over its memory or its time limit, or by `kill`, it is killed at once (SIGKILL) and never
 *    serves again. The caller receives Lambda's error.
 * 3. An init that takes longer than ten seconds starts again, once, within the function's time
 *    limit.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock/skippable-clock.ts';
import type { FunctionSpec, Invocation, InvocationRequest, Status } from './invocation.ts';

export interface EnvironmentOptions {
  readonly id: string;
  readonly spec: FunctionSpec;
  readonly tenant: string | undefined;
  /** The path of the Node.js executable. */
  readonly node: string;
  /** `host:port/path` of its Runtime API. */
  readonly api: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly region: string;
  readonly account: string;
  readonly clock: Clock;
  /** Whether the clock of the processes follows the host's. */
  readonly shiftTime: boolean;
  readonly onStart: ((environment: Environment) => void) | undefined;
  /** Tracks the processes, so that none outlives the tests. */
  readonly guard: { started(pid: number): void; exited(pid: number): void };
}

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));
const INIT_TIMEOUT_MS = 10_000;
const MEMORY_POLL_MS = 20;
const PAGE_BYTES = 4096;

interface ActiveInvocation {
  readonly requestId: string;
  readonly request: InvocationRequest;
  readonly startedAt: number;
  readonly initMs: number | undefined;
  readonly logs: string[];
  /** Whether its last log line was read. */
  logsComplete: boolean;
  answer: { readonly status: 'success' | 'error'; readonly payload: string } | undefined;
  maxMemory: number;
  readonly resolve: (invocation: Invocation) => void;
  readonly cancelDeadline: () => void;
}

export class Environment {
  readonly id: string;
  readonly function: string;
  readonly tenant: string | undefined;
  /** Duration of its last init. */
  initMs: number | undefined;
  served = 0;
  readonly #options: EnvironmentOptions;
  #process: ChildProcess | undefined;
  /** The open response to the process's request for an invocation. */
  #nextResponse: ServerResponse | undefined;
  /** Whether it is reserved for an invocation, including the init before it. */
  #isClaimed = false;
  #active: ActiveInvocation | undefined;
  #queued: ActiveInvocation | undefined;
  /** Why it no longer serves. */
  #endStatus: Status | undefined;
  #initError: string | undefined;
  #ready: (() => void) | undefined;
  #failed: (() => void) | undefined;
  #memoryPoll: NodeJS.Timeout | undefined;

  constructor(options: EnvironmentOptions) {
    this.#options = options;
    this.id = options.id;
    this.function = options.spec.name;
    this.tenant = options.tenant;
  }

  get isAlive(): boolean {
    return this.#endStatus === undefined;
  }

  get isIdle(): boolean {
    return this.isAlive && !this.#isClaimed;
  }

  /** The request id of the running invocation. */
  get requestId(): string | undefined {
    return this.#active?.requestId;
  }

  /**
   * Kills it at once, like a machine that crashes. Only the caller of the invocation is notified.
   */
  kill(): void {
    this.#terminate('killed');
  }

  async invoke(request: InvocationRequest): Promise<Invocation> {
    const isFirst = this.served === 0;
    this.served += 1;
    this.#isClaimed = true;
    const requestId = randomUUID();
    if (isFirst && !(await this.#start())) return this.#initFailure(requestId, request);
    return await new Promise((resolve) => {
      const { clock, spec } = this.#options;
      const startedAt = clock.now();
      const cancelDeadline = clock.at(startedAt + spec.timeoutMs, () => this.#terminate('timeout'));
      const initMs = isFirst ? this.initMs : undefined;
      const invocation: ActiveInvocation = {
        requestId,
        request,
        startedAt,
        initMs,
        logs: [],
        logsComplete: false,
        answer: undefined,
        maxMemory: 0,
        resolve,
        cancelDeadline,
      };
      if (this.#endStatus !== undefined) {
        this.#active = invocation;
        this.#finish(this.#endStatus);
        return;
      }
      this.#queued = invocation;
      this.#dispatch();
    });
  }

  /** Called when the process requests its next invocation. */
  onNext(response: ServerResponse): void {
    this.#nextResponse = response;
    this.#ready?.();
    this.#dispatch();
  }

  onAnswer(requestId: string, status: 'success' | 'error', payload: string): boolean {
    const active = this.#active;
    if (active?.requestId !== requestId || active.answer !== undefined) return false;
    active.answer = { status, payload };
    if (active.logsComplete) this.#finish(status);
    return true;
  }

  onInitError(payload: string): void {
    this.#initError = payload;
  }

  /** Sends the queued invocation to the process, or stops the process if there is none. */
  #dispatch(): void {
    const [response, queued] = [this.#nextResponse, this.#queued];
    if (this.#endStatus !== undefined || this.#active !== undefined) return;
    if (response === undefined) return;
    if (queued === undefined) {
      this.#process?.kill('SIGSTOP');
      return;
    }
    [this.#nextResponse, this.#queued, this.#active] = [undefined, undefined, queued];
    const { spec, clock, region, account } = this.#options;
    const { requestId, request, startedAt } = queued;
    this.#process?.kill('SIGCONT');
    this.#watchMemory();
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(startedAt + spec.timeoutMs),
      'lambda-runtime-invoked-function-arn': `arn:aws:lambda:${region}:${account}:function:${spec.name}`,
      'host-clock': String(clock.skipped),
      ...(request.trace !== undefined && { 'lambda-runtime-trace-id': request.trace }),
      ...(this.tenant !== undefined && { 'lambda-runtime-aws-tenant-id': this.tenant }),
    });
    response.end(request.payload);
    this.#options.onStart?.(this);
  }

  /** Starts the process by rule 3. @returns whether it is ready */
  async #start(): Promise<boolean> {
    const { spec } = this.#options;
    for (const timeoutMs of [INIT_TIMEOUT_MS, spec.timeoutMs]) {
      if ((await this.#tryStart(timeoutMs)) === 'ready') return true;
      if (this.#endStatus !== undefined) return false;
    }
    this.#endStatus = 'timeout';
    return false;
  }

  #tryStart(timeoutMs: number): Promise<'ready' | 'late' | 'failed'> {
    const child = this.#spawn();
    // The time to fork the process is not part of the init.
    const startedAt = performance.now();
    return new Promise((resolve) => {
      const timeout = setTimeout(() => settle('late'), timeoutMs);
      const settle = (result: 'ready' | 'late' | 'failed') => {
        clearTimeout(timeout);
        [this.#ready, this.#failed] = [undefined, undefined];
        if (result === 'late') {
          this.#process = undefined;
          child.kill('SIGKILL');
        } else if (result === 'failed') this.#endStatus ??= 'init error';
        else this.initMs = performance.now() - startedAt;
        resolve(result);
      };
      this.#ready = () => settle('ready');
      this.#failed = () => settle('failed');
    });
  }

  #spawn(): ChildProcess {
    const { spec, node, api, variables, region, clock, shiftTime, guard } = this.#options;
    const heap = Math.floor(spec.memoryMiB * 0.9);
    const child = spawn(node, [`--max-old-space-size=${heap}`, BOOTSTRAP], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        LANG: 'en_US.UTF-8',
        TZ: ':UTC',
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_NAME: spec.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMiB),
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_LAMBDA_LOG_FORMAT: 'JSON',
        AWS_ACCESS_KEY_ID: this.id,
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_SESSION_TOKEN: this.id,
        LAMBDA_TASK_ROOT: spec.bundle,
        _HANDLER: spec.handler ?? 'index.handler',
        ...variables,
        ...spec.environment,
        AWS_LAMBDA_RUNTIME_API: api,
        ...(shiftTime && { HOST_CLOCK: String(clock.skipped) }),
      },
    });
    this.#process = child;
    const { pid } = child;
    if (pid !== undefined) guard.started(pid);
    createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(line));
    createInterface({ input: child.stderr }).on('line', (line) => this.#onLine(line));
    // All lines were read when `close` is emitted.
    child.once('close', () => {
      if (pid !== undefined) guard.exited(pid);
      if (this.#process === child) this.#onClose();
    });
    child.once('error', () => this.#onClose());
    return child;
  }

  #onLine(line: string): void {
    const active = this.#active;
    if (active === undefined) {
      this.#initLines.push(line);
      return;
    }
    if (line !== JSON.stringify({ end: active.requestId })) {
      active.logs.push(line);
      return;
    }
    active.logsComplete = true;
    if (active.answer !== undefined) this.#finish(active.answer.status);
  }

  /** Lines that were written outside invocations, during the init. */
  readonly #initLines: string[] = [];

  #exit(): string {
    const { signalCode, exitCode } = this.#process ?? {};
    return signalCode === null || signalCode === undefined
      ? `exit status ${exitCode ?? 1}`
      : `signal: ${signalCode === 'SIGKILL' ? 'killed' : 'aborted'}`;
  }

  /** The process exited, for any reason. */
  #onClose(): void {
    const wasStarting = this.#failed !== undefined;
    // When the heap is full, V8 exits with one of these signals or codes.
    const { signalCode, exitCode } = this.#process ?? {};
    this.#endStatus ??=
      signalCode === 'SIGABRT' || signalCode === 'SIGTRAP' || exitCode === 134
        ? 'out of memory'
        : wasStarting
          ? 'init error'
          : 'error';
    this.#failed?.();
    this.#active ??= this.#queued;
    if (this.#active !== undefined) this.#finish(this.#active.answer?.status ?? this.#endStatus);
  }

  #terminate(status: 'timeout' | 'out of memory' | 'killed'): void {
    if (this.#endStatus !== undefined) return;
    this.#endStatus = status;
    this.#process?.kill('SIGKILL');
  }

  #watchMemory(): void {
    const { pid } = this.#process ?? {};
    if (pid === undefined || process.platform !== 'linux') return;
    const limit = this.#options.spec.memoryMiB * 2 ** 20;
    clearInterval(this.#memoryPoll);
    this.#memoryPoll = setInterval(() => {
      const used = residentBytes(pid);
      const active = this.#active;
      if (active !== undefined) active.maxMemory = Math.max(active.maxMemory, used);
      if (used > limit) this.#terminate('out of memory');
    }, MEMORY_POLL_MS);
  }

  #finish(status: Status): void {
    const active = this.#active;
    if (active === undefined) return;
    if (active.maxMemory === 0 && this.#process?.pid !== undefined && this.isAlive)
      active.maxMemory = residentBytes(this.#process.pid);
    clearInterval(this.#memoryPoll);
    active.cancelDeadline();
    this.#active = undefined;
    this.#isClaimed = false;
    const { clock } = this.#options;
    const { requestId, initMs, logs, startedAt, maxMemory, answer } = active;
    const payload = answer?.payload ?? this.#errorOf(requestId, status);
    const known = {
      requestId,
      function: this.function,
      environment: this.id,
      tenant: this.tenant,
      initMs,
      logs,
    };
    active.resolve({
      ...known,
      durationMs: clock.now() - startedAt,
      maxMemoryMiB: maxMemory / 2 ** 20,
      status,
      payload,
    });
    this.#dispatch();
  }

  #errorOf(requestId: string, status: Status): string {
    if (status === 'timeout') {
      const seconds = (this.#options.spec.timeoutMs / 1000).toFixed(2);
      return JSON.stringify({
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
      });
    }
    const errorType = status === 'out of memory' ? 'Runtime.OutOfMemory' : 'Runtime.ExitError';
    return JSON.stringify({
      errorType,
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${this.#exit()}`,
    });
  }

  #initFailure(requestId: string, { tenant }: InvocationRequest): Invocation {
    const status = this.#endStatus ?? 'init error';
    const payload = this.#initError ?? this.#errorOf(requestId, status);
    const known = {
      requestId,
      function: this.function,
      environment: this.id,
      tenant,
      initMs: this.initMs,
    };
    return { ...known, durationMs: 0, maxMemoryMiB: 0, status, payload, logs: this.#initLines };
  }

  /** Kills it; resolves when its process has exited. */
  async close(): Promise<void> {
    const child = this.#process;
    this.kill();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once('close', resolve));
  }
}

function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return 0;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
