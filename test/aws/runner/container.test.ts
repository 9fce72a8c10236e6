import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { lastLogLine } from '../../../src/model/container.ts';
import { resultKey } from '../../../src/model/object-layout.ts';
import { finishedSchema } from '../../../src/model/spec.ts';
import {
  type ContainerServices,
  failureOf,
  resultOf,
  startContainerServices,
} from './container-services.ts';
import { runProgram, startProgram } from './program.ts';

let services: ContainerServices;
beforeAll(async () => {
  services = await startContainerServices();
});
afterAll(() => services?.stop());

const STEP = "const step = () => globalThis[Symbol.for('headrace.step')];";

describe('a step in a container', () => {
  test('a step in a container sends its start, its reports and its result under the id of its job', async () => {
    const submitted = await services.submit({
      code: `${STEP} export default (a, b) => { step().logger.reportScalar('loss', 'train', 0.5, 1); console.log('hello'); return a * b; };`,
      spec: { args: { format: 'json', text: '[6,7]' } },
    });
    const { exitCode, log } = await runProgram(submitted);
    const messages = await services.messages(submitted.job);
    expect({ exitCode, kinds: messages.map(({ kind }) => kind) }).toEqual({
      exitCode: 0,
      kinds: ['started', 'reported', 'finished'],
    });
    expect(resultOf(messages)).toBe(42);
    expect(log).toContain('hello');
    expect(new Set(messages.map(({ token }) => token))).toEqual(
      new Set([submitted.environment.HEADRACE_TOKEN]),
    );
  });

  test('a step of an array is the member with the array index of its container', async () => {
    const submitted = await services.submit({
      code: `${STEP} export default () => step().name;`,
      members: 5,
      spec: {},
    });
    expect((await runProgram(submitted)).exitCode).toBe(0);
    const messages = await services.messages(submitted.job);
    expect(messages.map(({ call }) => call)).toEqual([2, 2]);
    expect(submitted.job).toMatch(/:2\.1$/);
  });

  test('a step that throws fails with its error, and its container exits with code 1', async () => {
    const submitted = await services.submit({
      code: "export default () => { throw new TypeError('no such column'); };",
    });
    expect((await runProgram(submitted)).exitCode).toBe(1);
    expect(failureOf(await services.messages(submitted.job)).error).toMatchObject({
      name: 'TypeError',
      message: 'no such column',
    });
  });

  test.each([
    ['exits with code 0', 'process.exit(0)', 1, /exited with code 0, without a result/],
    ['exits with code 3', 'process.exit(3)', 3, /exited with code 3/],
    ['is killed', "process.kill(process.pid, 'SIGKILL')", 137, /killed by SIGKILL/],
  ])('a step that %s fails, and its earlier reports are sent', async (_, exit, code, message) => {
    const submitted = await services.submit({
      code: `${STEP} export default async () => { step().logger.reportText('before the exit'); await new Promise((r) => setTimeout(r, 1000)); ${exit}; };`,
    });
    const { exitCode } = await runProgram(submitted);
    const messages = await services.messages(submitted.job);
    expect(exitCode).toBe(code);
    expect(messages.map(({ kind }) => kind)).toEqual(['started', 'reported', 'finished']);
    expect(failureOf(messages)).toMatchObject({
      exitCode: code,
      error: { message: expect.stringMatching(message) },
    });
  });

  test('a step writes large results to the store, and another step reads them from there', async () => {
    const first = await services.submit({
      code: 'export default () => Array.from({ length: 10_000 }, (_, index) => index);',
    });
    await runProgram(first);
    const [value] = (await services.messages(first.job)).flatMap((message) =>
      message.kind === 'finished' && message.outcome.ok ? message.outcome.values : [],
    );
    if (value === undefined) throw new Error('no value');
    expect(value).toMatchObject({
      key: expect.stringContaining(`${first.spec.outputPrefix}/${first.job}/`),
    });
    const second = await services.submit({
      code: 'export default (list) => list.reduce((sum, each) => sum + each, 0);',
      spec: { args: { format: 'json', text: '[null]' }, refs: [{ path: [0], value }] },
    });
    await runProgram(second);
    expect(resultOf(await services.messages(second.job))).toBe(49_995_000);
  });

  test('a step has the environment variables of its image, but no HEADRACE variables', async () => {
    const submitted = await services.submit({
      code: "export default () => [Object.keys(process.env).filter((name) => name.startsWith('HEADRACE')), process.env.FROM_IMAGE, typeof process.send];",
    });
    await runProgram(submitted, { FROM_IMAGE: 'yes' });
    expect(resultOf(await services.messages(submitted.job))).toEqual([[], 'yes', 'undefined']);
  });

  test('a container reports the log stream that the metadata of ECS contains, and ends it with a last line', async () => {
    const metadata = createServer((_, response) =>
      response.end(
        JSON.stringify({
          LogDriver: 'awslogs',
          LogOptions: { 'awslogs-group': '/g', 'awslogs-stream': 'step/default/abc' },
        }),
      ),
    );
    metadata.listen(0, '127.0.0.1');
    await once(metadata, 'listening');
    onTestFinished(() => void metadata.close());
    const address = metadata.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const submitted = await services.submit({ code: 'export default () => 1;' });
    const { log } = await runProgram(submitted, {
      ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:${address.port}/v4/x`,
    });
    // The reader of the log waits for no line after it.
    expect(log.endsWith(`${lastLogLine('step/default/abc')}\n`)).toBe(true);
    expect((await services.messages(submitted.job))[0]).toMatchObject({
      kind: 'started',
      logStream: 'step/default/abc',
    });
  });

  test('a container without a spec exits with code 79 and sends no message', async () => {
    const submitted = await services.submit({ code: 'export default () => 1;' });
    const { exitCode, log } = await runProgram({
      ...submitted,
      environment: {
        ...submitted.environment,
        HEADRACE_SPEC: `${submitted.environment.HEADRACE_SPEC}-missing`,
      },
    });
    expect(exitCode).toBe(79);
    expect(log).toContain('is not in the store');
    expect(await services.messages(submitted.job)).toEqual([]);
  });

  test('a container that cannot reach the queue stores its result and fails, so that its end is reported', async () => {
    const submitted = await services.submit({
      code: "export default () => { console.log('busy'); return new Promise(() => setInterval(() => {}, 1000)); };",
    });
    const program = await startProgram({
      ...submitted,
      environment: {
        ...submitted.environment,
        HEADRACE_TRANSITIONS: 'http://127.0.0.1:9/none.fifo',
        AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9',
      },
    });
    await program.logged('busy');
    // After SIGTERM, it retries the queue only for a short time.
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(80);
    const stored = await services.objects.get(
      resultKey(submitted.spec.outputPrefix, submitted.job),
      1e6,
    );
    expect(finishedSchema.parse(JSON.parse(Buffer.from(stored).toString()))).toMatchObject({
      job: submitted.job,
      outcome: { ok: false, stopReason: 'reclaimed' },
    });
  });
});

describe('stopping a container', () => {
  test('SIGTERM is reported as a reclaim, not as a failure of the step', async () => {
    const submitted = await services.submit({
      code: "export default () => { console.log('busy'); return new Promise(() => setInterval(() => {}, 1000)); };",
    });
    const program = await startProgram(submitted);
    await program.logged('busy');
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(143);
    expect(failureOf(await services.messages(submitted.job))).toMatchObject({
      stopReason: 'reclaimed',
    });
  });

  test('the supervisor reports the reclaim of a step that never yields', async () => {
    const submitted = await services.submit({
      code: "export default () => { console.log('busy'); for (;;) {} };",
    });
    const program = await startProgram(submitted, { HEADRACE_GRACE_SECONDS: '1' });
    await program.logged('busy');
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(137);
    const messages = await services.messages(submitted.job);
    expect(messages.map(({ kind }) => kind)).toEqual(['started', 'finished']);
    expect(failureOf(messages)).toMatchObject({ stopReason: 'reclaimed' });
  });

  test('SIGTERM during the setup script stops the script and is reported as a reclaim', async () => {
    const submitted = await services.submit({
      code: 'export default () => 1;',
      preparation: { dockerBashSetupScript: 'echo setting up; sleep 1000' },
    });
    const program = await startProgram(submitted);
    await program.logged('setting up');
    program.process.kill('SIGTERM');
    await program.ended;
    expect(failureOf(await services.messages(submitted.job))).toMatchObject({
      stopReason: 'reclaimed',
    });
  });

  test.each([
    ['waits', 'await new Promise(() => setInterval(() => {}, 1000));'],
    ['never yields', 'for (;;) {}'],
  ])('a step that %s is stopped at a time limit below a second', async (_, body) => {
    const submitted = await services.submit({
      code: `export default async () => { ${body} };`,
      spec: { timeoutSeconds: 0.5 },
    });
    const { exitCode } = await runProgram(submitted, { HEADRACE_GRACE_SECONDS: '1' });
    expect(exitCode).toBeGreaterThan(128);
    expect(failureOf(await services.messages(submitted.job))).toMatchObject({
      stopReason: 'timeout',
      error: { message: expect.stringContaining('0.5 s') },
    });
  });

  test('a time limit above the maximum of a timer in Node does not fire at once', async () => {
    const submitted = await services.submit({
      code: 'export default () => new Promise((resolve) => setTimeout(resolve, 200, 1));',
      spec: { timeoutSeconds: 40 * 24 * 3600 },
    });
    expect((await runProgram(submitted)).exitCode).toBe(0);
    expect(resultOf(await services.messages(submitted.job))).toBe(1);
  });

  test('the preparation of the environment has a time limit if the step has one', async () => {
    const submitted = await services.submit({
      code: 'export default () => 1;',
      spec: { timeoutSeconds: 5 },
      preparation: { dockerBashSetupScript: 'echo waiting; while true; do sleep 0.1; done' },
    });
    // The limit is compared with the uptime of the process, which is more than six minutes here.
    const { exitCode } = await runProgram(submitted, {
      NODE_OPTIONS: `--import=${uptimeModule(360)}`,
    });
    expect(exitCode).toBe(1);
    expect(failureOf(await services.messages(submitted.job))).toMatchObject({
      stopReason: 'timeout',
      error: {
        message: expect.stringContaining(
          'limit of 5 s and the 300 s in which its environment is made',
        ),
      },
    });
  });
});

/** A module that increases the uptime of the process. */
const uptimeModule = (seconds: number): string =>
  `data:text/javascript,${encodeURIComponent(`const uptime = process.uptime; process.uptime = () => uptime.call(process) + ${seconds};`)}`;
