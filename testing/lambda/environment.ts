/**
 * One execution environment: a process that asks for work over the Runtime API.
 *
 * 1. It serves one invocation at a time, and is stopped (SIGSTOP) between two: what it left running
 *    does not go on.
 * 2. Over its memory, over its time or by a test's word it is killed at once (SIGKILL) and never
 *    serves again; the caller is told as Lambda tells.
 * 3. An init that takes longer than ten seconds is begun anew, once, within the function's time
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
import type { Ask, FunctionSpec, Invocation, Status } from './invocation.ts';

export interface EnvironmentOptions {
  readonly id: string;
  readonly spec: FunctionSpec;
  readonly tenant: string | undefined;
  /** The program of Node. */
  readonly node: string;
  /** `host:port/path` of its Runtime API. */
  readonly api: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly region: string;
  readonly account: string;
  readonly clock: Clock;
  /** The clock of the processes follows the host's. */
  readonly shiftTime: boolean;
  readonly onBegin: ((environment: Environment) => void) | undefined;
  /** Told of processes, so that none is left behind. */
  readonly guard: { begun(pid: number): void; ended(pid: number): void };
}

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));
const INIT_MS = 10_000;
const LOOK_MS = 20;
const PAGE_BYTES = 4096;

interface Busy {
  readonly requestId: string;
  readonly ask: Ask;
  readonly begunAt: number;
  readonly initMs: number | undefined;
  readonly logs: string[];
  /** Its last line was written, and what it answered. */
  closed: boolean;
  answer: { readonly status: 'success' | 'error'; readonly payload: string } | undefined;
  maxMemory: number;
  readonly done: (invocation: Invocation) => void;
  readonly noDeadline: () => void;
}

export class Environment {
  readonly id: string;
  readonly function: string;
  readonly tenant: string | undefined;
  /** Of its last begin. */
  initMs: number | undefined;
  served = 0;
  readonly #options: EnvironmentOptions;
  #process: ChildProcess | undefined;
  /** The open question for work. */
  #wish: ServerResponse | undefined;
  /** From the begin of an invocation, with the init if it has one, to its end. */
  #taken = false;
  #busy: Busy | undefined;
  #queued: Busy | undefined;
  #dead: Status | undefined;
  #initError: string | undefined;
  #ready: (() => void) | undefined;
  #failed: (() => void) | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: EnvironmentOptions) {
    this.#options = options;
    this.id = options.id;
    this.function = options.spec.name;
    this.tenant = options.tenant;
  }

  get isAlive(): boolean {
    return this.#dead === undefined;
  }

  get isIdle(): boolean {
    return this.isAlive && !this.#taken;
  }

  /** What it works on now. */
  get requestId(): string | undefined {
    return this.#busy?.requestId;
  }

  /**
   * Ends it at once, as when its machine goes: what it was doing fails, and nobody hears of it but
   * its caller.
   */
  kill(): void {
    this.#end('killed');
  }

  async invoke(ask: Ask): Promise<Invocation> {
    const isFirst = this.served === 0;
    this.served += 1;
    this.#taken = true;
    const requestId = randomUUID();
    if (isFirst && !(await this.#begin())) return this.#initFailure(requestId, ask);
    return await new Promise((done) => {
      const { clock, spec } = this.#options;
      const begunAt = clock.now();
      const noDeadline = clock.at(begunAt + spec.timeoutMs, () => this.#end('timeout'));
      const initMs = isFirst ? this.initMs : undefined;
      const busy: Busy = {
        requestId,
        ask,
        begunAt,
        initMs,
        logs: [],
        closed: false,
        answer: undefined,
        maxMemory: 0,
        done,
        noDeadline,
      };
      if (this.#dead !== undefined) {
        this.#busy = busy;
        this.#finish(this.#dead);
        return;
      }
      this.#queued = busy;
      this.#hand();
    });
  }

  /** The process asks for work. */
  onNext(response: ServerResponse): void {
    this.#wish = response;
    this.#ready?.();
    this.#hand();
  }

  onAnswer(requestId: string, status: 'success' | 'error', payload: string): boolean {
    const busy = this.#busy;
    if (busy?.requestId !== requestId || busy.answer !== undefined) return false;
    busy.answer = { status, payload };
    if (busy.closed) this.#finish(status);
    return true;
  }

  onInitError(payload: string): void {
    this.#initError = payload;
  }

  #hand(): void {
    const [wish, busy] = [this.#wish, this.#queued];
    if (this.#dead !== undefined || this.#busy !== undefined) return;
    if (wish === undefined) return;
    if (busy === undefined) {
      this.#process?.kill('SIGSTOP');
      return;
    }
    [this.#wish, this.#queued, this.#busy] = [undefined, undefined, busy];
    const { spec, clock, region, account } = this.#options;
    this.#process?.kill('SIGCONT');
    this.#watchMemory();
    wish.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': busy.requestId,
      'lambda-runtime-deadline-ms': String(busy.begunAt + spec.timeoutMs),
      'lambda-runtime-invoked-function-arn': `arn:aws:lambda:${region}:${account}:function:${spec.name}`,
      'host-clock': String(clock.skipped),
      ...(busy.ask.trace !== undefined && { 'lambda-runtime-trace-id': busy.ask.trace }),
      ...(this.tenant !== undefined && { 'lambda-runtime-aws-tenant-id': this.tenant }),
    });
    wish.end(busy.ask.payload);
    this.#options.onBegin?.(this);
  }

  /** Rule 3. @returns whether it asks for work */
  async #begin(): Promise<boolean> {
    const { spec } = this.#options;
    for (const limit of [INIT_MS, spec.timeoutMs]) {
      if ((await this.#beginOnce(limit)) === 'ready') return true;
      if (this.#dead !== undefined) return false;
    }
    this.#dead = 'timeout';
    return false;
  }

  #beginOnce(limit: number): Promise<'ready' | 'late' | 'failed'> {
    const child = this.#spawn();
    // What it takes this process to fork is no part of an init.
    const begun = performance.now();
    return new Promise((resolve) => {
      const late = setTimeout(() => settle('late'), limit);
      const settle = (end: 'ready' | 'late' | 'failed') => {
        clearTimeout(late);
        [this.#ready, this.#failed] = [undefined, undefined];
        if (end === 'late') {
          this.#process = undefined;
          child.kill('SIGKILL');
        } else if (end === 'failed') this.#dead ??= 'init error';
        else this.initMs = performance.now() - begun;
        resolve(end);
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
    if (pid !== undefined) guard.begun(pid);
    createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(line));
    createInterface({ input: child.stderr }).on('line', (line) => this.#onLine(line));
    // After `close` every line is here.
    child.once('close', () => {
      if (pid !== undefined) guard.ended(pid);
      if (this.#process === child) this.#onClose();
    });
    child.once('error', () => this.#onClose());
    return child;
  }

  #onLine(line: string): void {
    const busy = this.#busy;
    if (busy === undefined) {
      this.#initLines.push(line);
      return;
    }
    if (line !== JSON.stringify({ end: busy.requestId })) {
      busy.logs.push(line);
      return;
    }
    busy.closed = true;
    if (busy.answer !== undefined) this.#finish(busy.answer.status);
  }

  /** Written outside of invocations: of the init. */
  readonly #initLines: string[] = [];

  #exit(): string {
    const { signalCode, exitCode } = this.#process ?? {};
    return signalCode === null || signalCode === undefined
      ? `exit status ${exitCode ?? 1}`
      : `signal: ${signalCode === 'SIGKILL' ? 'killed' : 'aborted'}`;
  }

  /** Its process is gone, by whoever's doing. */
  #onClose(): void {
    const wasStarting = this.#failed !== undefined;
    // Out of heap, V8 ends the process by a signal or a code of its own.
    const { signalCode, exitCode } = this.#process ?? {};
    this.#dead ??=
      signalCode === 'SIGABRT' || signalCode === 'SIGTRAP' || exitCode === 134
        ? 'out of memory'
        : wasStarting
          ? 'init error'
          : 'error';
    this.#failed?.();
    this.#busy ??= this.#queued;
    if (this.#busy !== undefined) this.#finish(this.#busy.answer?.status ?? this.#dead);
  }

  #end(why: 'timeout' | 'out of memory' | 'killed'): void {
    if (this.#dead !== undefined) return;
    this.#dead = why;
    this.#process?.kill('SIGKILL');
  }

  #watchMemory(): void {
    const { pid } = this.#process ?? {};
    if (pid === undefined || process.platform !== 'linux') return;
    const limit = this.#options.spec.memoryMiB * 2 ** 20;
    clearInterval(this.#watch);
    this.#watch = setInterval(() => {
      const used = residentBytes(pid);
      if (this.#busy !== undefined) this.#busy.maxMemory = Math.max(this.#busy.maxMemory, used);
      if (used > limit) this.#end('out of memory');
    }, LOOK_MS);
  }

  #finish(status: Status): void {
    const busy = this.#busy;
    if (busy === undefined) return;
    if (busy.maxMemory === 0 && this.#process?.pid !== undefined && this.isAlive)
      busy.maxMemory = residentBytes(this.#process.pid);
    clearInterval(this.#watch);
    busy.noDeadline();
    this.#busy = undefined;
    this.#taken = false;
    const { clock } = this.#options;
    const { requestId, initMs, logs, begunAt, maxMemory, answer } = busy;
    const payload = answer?.payload ?? this.#errorOf(requestId, status);
    const known = {
      requestId,
      function: this.function,
      environment: this.id,
      tenant: this.tenant,
      initMs,
      logs,
    };
    busy.done({
      ...known,
      durationMs: clock.now() - begunAt,
      maxMemoryMiB: maxMemory / 2 ** 20,
      status,
      payload,
    });
    this.#hand();
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

  #initFailure(requestId: string, { tenant }: Ask): Invocation {
    const status = this.#dead ?? 'init error';
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

  /** Resolves when its process is gone. */
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
