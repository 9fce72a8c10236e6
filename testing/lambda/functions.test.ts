/**
 * The Lambda emulator: how environments run functions, and which errors callers receive.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Clock } from '../clock/skippable-clock.ts';
import { listen } from '../http-server.ts';
import { type Functions, type FunctionsOptions, startFunctions } from './functions.ts';
import type { FunctionSpec } from './invocation.ts';

/** A Lambda with one function, `f`, of this source. */
async function startFunction(
  text: string,
  spec: Partial<FunctionSpec> = {},
  options: Partial<FunctionsOptions> = {},
): Promise<Functions> {
  const bundle = await mkdtemp(join(tmpdir(), 'headrace-function-'));
  await mkdir(bundle, { recursive: true });
  await writeFile(join(bundle, 'index.mjs'), text);
  const host = await startFunctions({
    functions: [{ name: 'f', bundle, timeoutMs: 30_000, memoryMiB: 256, ...spec }],
    ...options,
  });
  onTestFinished(async () => {
    await host.stop();
    await rm(bundle, { recursive: true, force: true });
  });
  return host;
}

const invoke = async (host: Functions, event: unknown = {}, tenant?: string) => {
  const invocation = await host.invoke('f', {
    payload: JSON.stringify(event),
    ...(tenant !== undefined && { tenant }),
  });
  return { ...invocation, answer: JSON.parse(invocation.payload) };
};

const COUNTING_HANDLER =
  'let count = 0; export const handler = async (event, context) => ({ count: ++count, event, tenant: context.tenantId });';
const WAITING_HANDLER = `export const handler = ({ wait }) => wait ? new Promise(() => { setInterval(() => undefined, 1000); }) : 'quick';`;

/** Polls for a condition that has no event. */
const until = async (isDone: () => boolean) => {
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('an environment', () => {
  it('an environment runs the Node.js version of the functions, starts cold, and serves the next invocation warm', async () => {
    const host = await startFunction(
      'let count = 0; export const handler = async () => [process.version.split(".")[0], ++count];',
    );
    const first = await invoke(host);
    const second = await invoke(host);
    expect([first.answer, second.answer]).toEqual([
      ['v24', 1],
      ['v24', 2],
    ]);
    expect(first.initMs).toBeGreaterThan(0);
    expect(second.initMs).toBeUndefined();
    expect(second.environment).toBe(first.environment);
    host.recycle();
    expect((await invoke(host)).answer).toEqual(['v24', 1]);
  });

  it('an environment serves one invocation at a time: two parallel invocations use two environments', async () => {
    const host = await startFunction(
      `import { get } from 'node:http'; export const handler = ({ url }) => new Promise((resolve) => get(url, () => resolve('done')));`,
    );
    const arrived: (() => void)[] = [];
    const gate = await listen((_, response) => void arrived.push(() => response.end('go')));
    onTestFinished(() => gate.close());
    const both = [
      invoke(host, { url: `http://${gate.address}` }),
      invoke(host, { url: `http://${gate.address}` }),
    ];
    await until(() => arrived.length === 2);
    for (const go of arrived) go();
    const [a, b] = await Promise.all(both);
    expect(new Set([a?.environment, b?.environment]).size).toBe(2);
  });

  it('an environment is frozen between two invocations', async () => {
    const host = await startFunction(
      'let ticks = 0; setInterval(() => ticks++, 5); export const handler = async () => ticks;',
    );
    const before = (await invoke(host)).answer;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = (await invoke(host)).answer;
    // A running process would have counted about 100 ticks.
    expect(after - before).toBeLessThan(20);
  });

  it('an environment knows its function, access key and tenant, and serves no other tenant', async () => {
    const host = await startFunction(
      'let count = 0; export const handler = async (event, context) => [++count, context.tenantId, context.functionName, process.env.AWS_ACCESS_KEY_ID, process.env.OWN];',
      { tenantIsolation: true, environment: { OWN: 'own' } },
    );
    expect((await invoke(host, {}, 'one')).answer).toEqual([1, 'one', 'f', 'f.1', 'own']);
    expect((await invoke(host, {}, 'two')).answer).toEqual([1, 'two', 'f', 'f.2', 'own']);
    expect((await invoke(host, {}, 'one')).answer).toEqual([2, 'one', 'f', 'f.1', 'own']);
    await expect(invoke(host)).rejects.toThrow('tenant ID');
  });

  it('the log lines of an invocation are returned with it', async () => {
    const host = await startFunction(
      'export const handler = async ({ n }) => { console.info({ n }); console.warn("a", n); return n; };',
    );
    for (const n of [1, 2]) {
      const { logs, requestId } = await invoke(host, { n });
      expect(logs.map((line) => JSON.parse(line))).toMatchObject([
        { level: 'INFO', requestId, message: { n } },
        { level: 'WARN', requestId, message: `a ${n}` },
      ]);
    }
  });
});

describe('the end of an environment', () => {
  it('an environment over its time limit is killed: the caller gets an error and the next invocation starts cold', async () => {
    const clock = new Clock();
    const host = await startFunction(WAITING_HANDLER, { timeoutMs: 3000 }, { clock });
    const waiting = invoke(host, { wait: true });
    await until(() => host.environments('f')[0]?.requestId !== undefined);
    clock.skip(3000);
    const late = await waiting;
    expect(late.status).toBe('timeout');
    expect(late.answer).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${late.requestId} Error: Task timed out after 3.00 seconds`,
    });
    expect(await invoke(host)).toMatchObject({
      answer: 'quick',
      initMs: expect.any(Number),
      environment: 'f.2',
    });
  });

  it('a test can kill an environment during an invocation', async () => {
    const host = await startFunction(WAITING_HANDLER);
    const waiting = invoke(host, { wait: true });
    await until(() => host.environment('f.1')?.requestId !== undefined);
    expect(host.kill('f.1')).toBe(true);
    const killed = await waiting;
    expect(killed).toMatchObject({ status: 'killed', answer: { errorType: 'Runtime.ExitError' } });
    expect(killed.answer.errorMessage).toContain('Runtime exited with error: signal: killed');
    expect(host.kill('f.1')).toBe(false);
  });

  it('an environment over its memory limit is killed, for heap memory and for buffers', async () => {
    const host = await startFunction(`
      export const handler = ({ outside }) => {
        const kept = [];
        while (true) kept.push(outside ? Buffer.alloc(2 ** 23, 1) : Array.from({ length: 2 ** 16 }, (_, i) => ({ i })));
      };`);
    expect((await invoke(host, { outside: true })).status).toBe('out of memory');
    expect((await invoke(host, { outside: false })).status).toBe('out of memory');
  });

  it('an environment exits by process.exit and by an uncaught error', async () => {
    const host = await startFunction(`
      export const handler = ({ how }) => {
        if (how === 'exit') process.exit(3);
        setTimeout(() => { throw new RangeError('not caught'); }, 0);
        return new Promise(() => undefined);
      };`);
    const exited = await invoke(host, { how: 'exit' });
    expect(exited).toMatchObject({ status: 'error', answer: { errorType: 'Runtime.ExitError' } });
    expect(exited.answer.errorMessage).toContain('exit status 3');
    expect((await invoke(host, { how: 'throw' })).answer).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'not caught',
    });
  });

  it('an environment whose init fails is started again for each invocation', async () => {
    const host = await startFunction(
      'throw new TypeError("it does not load"); export const handler = 1;',
    );
    for (const environment of ['f.1', 'f.2']) {
      expect(await invoke(host)).toMatchObject({
        status: 'init error',
        environment,
        answer: { errorType: 'TypeError', errorMessage: 'it does not load' },
      });
    }
  });
});

describe('the Invoke call', () => {
  const client = ({ url }: Functions): LambdaClient => {
    const created = new LambdaClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      maxAttempts: 1,
    });
    onTestFinished(() => created.destroy());
    return created;
  };
  const inputOf = (event: unknown) => ({
    FunctionName: 'f',
    Payload: Buffer.from(JSON.stringify(event)),
  });

  it('Invoke returns the result and marks a thrown error', async () => {
    const host = await startFunction(
      'export const handler = async ({ fail }) => { if (fail) throw new RangeError("no"); console.log("a line"); return { ok: true }; };',
    );
    const lambda = client(host);
    const { Payload, FunctionError, StatusCode, LogResult } = await lambda.send(
      new InvokeCommand({ ...inputOf({}), LogType: 'Tail' }),
    );
    expect([StatusCode, FunctionError, Buffer.from(Payload ?? []).toString()]).toEqual([
      200,
      undefined,
      '{"ok":true}',
    ]);
    expect(Buffer.from(LogResult ?? '', 'base64').toString()).toContain('"a line"');
    const failed = await lambda.send(new InvokeCommand(inputOf({ fail: true })));
    expect(failed.FunctionError).toBe('Unhandled');
    expect(JSON.parse(Buffer.from(failed.Payload ?? []).toString())).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'no',
    });
  });

  it('Invoke passes the tenant, and refuses an unknown function, a large payload and an excess invocation', async () => {
    const isolated = client(await startFunction(COUNTING_HANDLER, { tenantIsolation: true }));
    const { Payload } = await isolated.send(new InvokeCommand({ ...inputOf({}), TenantId: 'one' }));
    expect(JSON.parse(Buffer.from(Payload ?? []).toString())).toMatchObject({
      count: 1,
      tenant: 'one',
    });
    await expect(
      isolated.send(new InvokeCommand({ ...inputOf({}), FunctionName: 'g' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });

    const host = await startFunction(WAITING_HANDLER, { reservedConcurrency: 1 });
    const lambda = client(host);
    await expect(
      lambda.send(new InvokeCommand(inputOf('x'.repeat(6 * 2 ** 20)))),
    ).rejects.toMatchObject({ name: 'RequestTooLargeException' });
    const waiting = lambda.send(new InvokeCommand(inputOf({ wait: true })));
    await until(() => host.environment('f.1')?.requestId !== undefined);
    await expect(lambda.send(new InvokeCommand(inputOf({})))).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
    host.kill('f.1');
    expect((await waiting).FunctionError).toBe('Unhandled');
  });

  it('Invoke refuses a response that is too large', async () => {
    const host = await startFunction("export const handler = async () => 'x'.repeat(6_291_555);");
    expect((await invoke(host)).answer).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
    });
  });

  it('an asynchronous invocation is retried after one and two minutes, then reported as undelivered', async () => {
    const clock = new Clock();
    const undelivered: string[] = [];
    const minutesOfInvocations: number[] = [];
    const startedAt = clock.now();
    const host = await startFunction(
      'export const handler = async () => { throw new Error("no"); };',
      {},
      {
        clock,
        onUndelivered: (_, payload) => undelivered.push(payload),
        onInvocation: () =>
          minutesOfInvocations.push(Math.round((clock.now() - startedAt) / 60_000)),
      },
    );
    await client(host).send(new InvokeCommand({ ...inputOf({ n: 1 }), InvocationType: 'Event' }));
    for (const minutes of [1, 2]) {
      await until(
        () =>
          clock.nextAt !== undefined && host.busy === 0 && minutesOfInvocations.length === minutes,
      );
      clock.skip(minutes * 60_000);
    }
    await until(() => undelivered.length === 1);
    expect([undelivered, minutesOfInvocations]).toEqual([['{"n":1}'], [0, 1, 3]]);
  });
});
