import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { resultKey } from '../../../src/model/object-layout.ts';
import { finishedSchema } from '../../../src/model/spec.ts';
import { failureOf, resultOf, startWorld, type World } from './container-services.ts';
import { runProgram, startProgram } from './program.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const STEP = "const step = () => globalThis[Symbol.for('headrace.step')];";

describe('a step in a container', () => {
  test('says that it started, what it reports, and its result, under the id of its job', async () => {
    const submitted = await world.submit({
      code: `${STEP} export default (a, b) => { step().logger.reportScalar('loss', 'train', 0.5, 1); console.log('hello'); return a * b; };`,
      spec: { args: { format: 'json', text: '[6,7]' } },
    });
    const { exitCode, log } = await runProgram(submitted);
    const messages = await world.messages(submitted.job);
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

  test('of an array is told by its index which member it is', async () => {
    const submitted = await world.submit({
      code: `${STEP} export default () => step().name;`,
      members: 5,
      spec: {},
    });
    expect((await runProgram(submitted)).exitCode).toBe(0);
    const messages = await world.messages(submitted.job);
    expect(messages.map(({ call }) => call)).toEqual([2, 2]);
    expect(submitted.job).toMatch(/:2\.1$/);
  });

  test('that throws has failed, with its error, and the container with it', async () => {
    const submitted = await world.submit({
      code: "export default () => { throw new TypeError('no such column'); };",
    });
    expect((await runProgram(submitted)).exitCode).toBe(1);
    expect(failureOf(await world.messages(submitted.job)).error).toMatchObject({
      name: 'TypeError',
      message: 'no such column',
    });
  });

  test.each([
    ['ends its process', 'process.exit(0)', 1, /exited with code 0, without a result/],
    ['ends its process with a code', 'process.exit(3)', 3, /exited with code 3/],
    ['is killed', "process.kill(process.pid, 'SIGKILL')", 137, /killed by SIGKILL/],
  ])('that %s has failed, and what it reported before is kept', async (_, end, code, message) => {
    const submitted = await world.submit({
      code: `${STEP} export default async () => { step().logger.reportText('last words'); await new Promise((r) => setTimeout(r, 1000)); ${end}; };`,
    });
    const { exitCode } = await runProgram(submitted);
    const messages = await world.messages(submitted.job);
    expect(exitCode).toBe(code);
    expect(messages.map(({ kind }) => kind)).toEqual(['started', 'reported', 'finished']);
    expect(failureOf(messages)).toMatchObject({
      exitCode: code,
      error: { message: expect.stringMatching(message) },
    });
  });

  test('writes large results to the store and reads them from there', async () => {
    const first = await world.submit({
      code: 'export default () => Array.from({ length: 10_000 }, (_, index) => index);',
    });
    await runProgram(first);
    const [value] = (await world.messages(first.job)).flatMap((message) =>
      message.kind === 'finished' && message.outcome.ok ? message.outcome.values : [],
    );
    if (value === undefined) throw new Error('no value');
    expect(value).toMatchObject({
      key: expect.stringContaining(`${first.spec.outputPrefix}/${first.job}/`),
    });
    const second = await world.submit({
      code: 'export default (list) => list.reduce((sum, each) => sum + each, 0);',
      spec: { args: { format: 'json', text: '[null]' }, refs: [{ path: [0], value }] },
    });
    await runProgram(second);
    expect(resultOf(await world.messages(second.job))).toBe(49_995_000);
  });

  test('finds none of the variables that are between Headrace and its runner, and those of its image', async () => {
    const submitted = await world.submit({
      code: "export default () => [Object.keys(process.env).filter((name) => name.startsWith('HEADRACE')), process.env.FROM_IMAGE, typeof process.send];",
    });
    await runProgram(submitted, { FROM_IMAGE: 'yes' });
    expect(resultOf(await world.messages(submitted.job))).toEqual([[], 'yes', 'undefined']);
  });

  test('names its log stream where ECS tells it', async () => {
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
    if (address === null || typeof address === 'string') throw new Error('the system gave no port');
    const submitted = await world.submit({ code: 'export default () => 1;' });
    await runProgram(submitted, {
      ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:${address.port}/v4/x`,
    });
    expect((await world.messages(submitted.job))[0]).toMatchObject({
      kind: 'started',
      logStream: 'step/default/abc',
    });
  });

  test('without a spec ends with the code that says so', async () => {
    const submitted = await world.submit({ code: 'export default () => 1;' });
    const { exitCode, log } = await runProgram({
      ...submitted,
      environment: {
        ...submitted.environment,
        HEADRACE_SPEC: `${submitted.environment.HEADRACE_SPEC}-gone`,
      },
    });
    expect(exitCode).toBe(79);
    expect(log).toContain('is not in the store');
    expect(await world.messages(submitted.job)).toEqual([]);
  });

  test('whose queue is gone leaves its result in the store and ends with 0, so that somebody looks there', async () => {
    const submitted = await world.submit({
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
    // Told to end, it does not wait for the queue for long.
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(0);
    const left = await world.objects.get(resultKey(submitted.spec.outputPrefix, submitted.job));
    expect(finishedSchema.parse(JSON.parse(Buffer.from(left).toString()))).toMatchObject({
      job: submitted.job,
      outcome: { ok: false, stopReason: 'reclaimed' },
    });
  });
});

describe('the end of a container', () => {
  test('SIGTERM is a reclaim, not a failure of the step', async () => {
    const submitted = await world.submit({
      code: "export default () => { console.log('busy'); return new Promise(() => setInterval(() => {}, 1000)); };",
    });
    const program = await startProgram(submitted);
    await program.logged('busy');
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(143);
    expect(failureOf(await world.messages(submitted.job))).toMatchObject({
      stopReason: 'reclaimed',
    });
  });

  test('SIGTERM reaches a step that never pauses, too: the supervisor speaks for it', async () => {
    const submitted = await world.submit({
      code: "export default () => { console.log('busy'); for (;;) {} };",
    });
    const program = await startProgram(submitted, { HEADRACE_GRACE_SECONDS: '1' });
    await program.logged('busy');
    program.process.kill('SIGTERM');
    expect((await program.ended).exitCode).toBe(137);
    const messages = await world.messages(submitted.job);
    expect(messages.map(({ kind }) => kind)).toEqual(['started', 'finished']);
    expect(failureOf(messages)).toMatchObject({ stopReason: 'reclaimed' });
  });

  test('SIGTERM during the setup script ends the script and is a reclaim', async () => {
    const submitted = await world.submit({
      code: 'export default () => 1;',
      preparation: { dockerBashSetupScript: 'echo setting up; sleep 1000' },
    });
    const program = await startProgram(submitted);
    await program.logged('setting up');
    program.process.kill('SIGTERM');
    await program.ended;
    expect(failureOf(await world.messages(submitted.job))).toMatchObject({
      stopReason: 'reclaimed',
    });
  });

  test.each([
    ['waits', 'await new Promise(() => setInterval(() => {}, 1000));'],
    ['computes without a pause', 'for (;;) {}'],
  ])('a step that %s is stopped at its limit, however short', async (_, body) => {
    const submitted = await world.submit({
      code: `export default async () => { ${body} };`,
      spec: { timeoutSeconds: 0.5 },
    });
    const { exitCode } = await runProgram(submitted, { HEADRACE_GRACE_SECONDS: '1' });
    expect(exitCode).toBeGreaterThan(128);
    expect(failureOf(await world.messages(submitted.job))).toMatchObject({
      stopReason: 'timeout',
      error: { message: expect.stringContaining('0.5 s') },
    });
  });

  test('a limit of more days than a timer takes does not strike at once', async () => {
    const submitted = await world.submit({
      code: 'export default () => new Promise((resolve) => setTimeout(resolve, 200, 1));',
      spec: { timeoutSeconds: 40 * 24 * 3600 },
    });
    expect((await runProgram(submitted)).exitCode).toBe(0);
    expect(resultOf(await world.messages(submitted.job))).toBe(1);
  });

  test('the making of the environment has a limit too, if the step has one', async () => {
    const submitted = await world.submit({
      code: 'export default () => 1;',
      spec: { timeoutSeconds: 5 },
      preparation: { dockerBashSetupScript: 'echo waiting; while true; do sleep 0.1; done' },
    });
    // Its clock is the process's: one that was started six minutes ago.
    const { exitCode } = await runProgram(submitted, {
      NODE_OPTIONS: `--import=${startedBefore(360)}`,
    });
    expect(exitCode).toBe(1);
    expect(failureOf(await world.messages(submitted.job))).toMatchObject({
      stopReason: 'timeout',
      error: {
        message: expect.stringContaining(
          'limit of 5 s and the 300 s in which its environment is made',
        ),
      },
    });
  });
});

/** A module that makes the process older. */
const startedBefore = (seconds: number): string =>
  `data:text/javascript,${encodeURIComponent(`const uptime = process.uptime; process.uptime = () => uptime.call(process) + ${seconds};`)}`;
