import { setTimeout as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import {
  createThreadedEvaluator,
  type ThreadedEvaluator,
  type ThreadedEvaluatorOptions,
} from '../../src/evaluator/threaded-evaluator.ts';
import { ObjectMissingError } from '../../src/ports/objects.ts';
import { completed, HandRun } from '../unit/evaluator/logic.ts';

/** The program of the built package. The global setup builds it. */
const program = fileURLToPath(new URL('../../dist/evaluator.js', import.meta.url));

const opened: ThreadedEvaluator[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((evaluator) => evaluator.close()));
});

/** An evaluator of these runs in a thread. */
function threadFor(
  runs: readonly HandRun[],
  options: Partial<ThreadedEvaluatorOptions> = {},
): ThreadedEvaluator {
  const codes = new Map(runs.map(({ info, code }) => [info.id, code]));
  const evaluator = createThreadedEvaluator({
    program,
    loadCode: async ({ id }) => codes.get(id) ?? Promise.reject(new Error(`no code of run ${id}`)),
    fetchValue: async ({ key }) =>
      runs.flatMap(({ objects }) => objects.get(key) ?? [])[0] ??
      Promise.reject(new ObjectMissingError(key)),
    ...options,
  });
  opened.push(evaluator);
  return evaluator;
}

const LOOP =
  'async () => { let sum = 0; for (let i = 0; i < 40; i++) sum += await a(i); return sum }';
const ENDLESS = 'async () => { await a(); for (;;); }';

test('evaluations in a thread, after a drop and in this process issue the same commands', async () => {
  const run = await HandRun.create(LOOP);
  const thread = threadFor([run]);
  await run.advance(thread);
  for (let call = 0; call < 40; call += 1) {
    run.append(completed(call, call));
    const twin = HandRun.like(run);
    twin.signatures.push(...run.signatures);
    if (call % 7 === 3) thread.drop(run.info.id);
    const commands = await run.advance(thread);
    expect(commands).toEqual(await twin.advance());
  }
  expect(run.returned).toBe(780);
});

test('logic that never yields fails its own run; other runs continue in the next thread', async () => {
  const [endless, fine] = [await HandRun.create(ENDLESS), await HandRun.create(LOOP)];
  const thread = threadFor([endless, fine], { timeoutMs: 700 });
  await endless.advance(thread);
  await fine.advance(thread);
  expect(await endless.append(completed(0, null)).expectBroken(thread)).toMatchObject({
    name: 'LogicTimeoutError',
  });
  expect(await fine.append(completed(0, 5)).advance(thread)).toMatchObject([
    { kind: 'call', component: 'a' },
  ]);
});

test('logic that exceeds the memory fails its own run; other runs continue in the next thread', async () => {
  const greedy = await HandRun.create(
    'async () => { await a(); const all = []; for (;;) all.push(new Array(1e5).fill(all.length)) }',
  );
  const fine = await HandRun.create(LOOP);
  const thread = threadFor([greedy, fine], { memoryMiB: 64 });
  await greedy.advance(thread);
  await fine.advance(thread);
  expect(await greedy.append(completed(0, null)).expectBroken(thread)).toMatchObject({
    name: 'LogicMemoryError',
    message: expect.stringContaining('64 MiB'),
  });
  expect(await fine.append(completed(0, 5)).advance(thread)).toMatchObject([
    { kind: 'call', component: 'a' },
  ]);
});

const BUFFERS = 'const all = []; const buffer = () => new Float64Array(2e6).fill(1);';

test.each([
  ['at once', 'await a(); for (;;) all.push(buffer());'],
  ['by one step after another', 'for (;;) { await a(); all.push(buffer()); }'],
])(
  'typed arrays count as memory of the logic, taken %s',
  async (_, body) => {
    const greedy = await HandRun.create(`async () => { ${BUFFERS} ${body} }`);
    const fine = await HandRun.create(LOOP);
    const thread = threadFor([greedy, fine], { memoryMiB: 128 });
    await greedy.advance(thread);
    await fine.advance(thread);
    let broken: unknown;
    for (let call = 0; call < 40 && broken === undefined; call += 1) {
      await nextTurn(25);
      const answer = await greedy.append(completed(call, null)).evaluate(thread);
      if (answer.kind === 'broken') broken = answer.error;
      else greedy.signatures.push(...answer.commands.map(({ signature }) => signature));
    }
    expect(broken).toMatchObject({
      name: 'LogicMemoryError',
      message: expect.stringContaining('128 MiB'),
    });
    expect(await fine.append(completed(0, 5)).advance(thread)).toMatchObject([
      { kind: 'call', component: 'a' },
    ]);
  },
  60_000,
);

test('typed arrays that the logic no longer uses, or that other runs use, do not count', async () => {
  const wasteful = await HandRun.create(
    `async () => { ${BUFFERS} for (let n = 0; n < 20; n++) { await a(); all[0] = buffer(); } return 1 }`,
  );
  const large = await HandRun.create(
    `async () => { ${BUFFERS} await a(); for (let n = 0; n < 5; n++) all.push(buffer()); await a(); return all.length }`,
  );
  const thread = threadFor([wasteful, large], { memoryMiB: 128 });
  await large.advance(thread);
  await large.append(completed(0, null)).advance(thread);
  await wasteful.advance(thread);
  for (let call = 0; call < 20; call += 1) {
    await nextTurn(25);
    await wasteful.append(completed(call, null)).advance(thread);
  }
  await large.append(completed(1, null)).advance(thread);
  expect([wasteful.returned, large.returned]).toEqual([1, 5]);
}, 60_000);

test('the process does other work while the logic computes', async () => {
  const run = await HandRun.create(
    'async () => { await a(); for (let n = 0; n < 3e8; n++); return 1 }',
  );
  const thread = threadFor([run]);
  await run.advance(thread);
  const order: string[] = [];
  const answer = run
    .append(completed(0, null))
    .advance(thread)
    .then(() => order.push('answer'));
  await new Promise((resolve) => setImmediate(resolve));
  order.push('other work');
  await answer;
  expect(order).toEqual(['other work', 'answer']);
});

test('stored values are read by the host thread; a missing value fails the run', async () => {
  const run = await HandRun.create('async () => [await a(1), await a(2)]');
  run.objects.set('there', new TextEncoder().encode('"yes"'));
  const thread = threadFor([run]);
  await run.advance(thread);
  await run
    .append({
      kind: 'completed',
      call: 0,
      values: [{ format: 'json', key: 'there', size: 5, hash: 'h' }],
    })
    .advance(thread);
  const missing = run.append({
    kind: 'completed',
    call: 1,
    values: [{ format: 'json', key: 'gone', size: 5, hash: 'h' }],
  });
  expect(await missing.expectBroken(thread)).toMatchObject({ name: 'ObjectMissingError' });
});

test('an error of the history is thrown, and the next request is answered', async () => {
  const run = await HandRun.create(LOOP);
  const thread = threadFor([run]);
  await run.advance(thread);
  run.append(completed(0, 1));
  thread.drop(run.info.id);
  const failure = new Error('the disk is on fire');
  const failing = {
    ...run.history,
    // biome-ignore lint/correctness/useYield: it throws before its first yield
    async *events(): AsyncGenerator<never> {
      throw failure;
    },
  };
  const request = {
    info: run.info,
    generation: 0,
    position: 1,
    fromCommand: run.signatures.length,
    limit: 100,
  };
  await expect(thread.evaluate({ ...request, history: failing })).rejects.toBe(failure);
  expect(await run.advance(thread)).toMatchObject([{ kind: 'call', component: 'a' }]);
});

test('closing the evaluator rejects pending evaluations at once', async () => {
  const run = await HandRun.create(ENDLESS);
  const thread = threadFor([run]);
  await run.advance(thread);
  const answer = run.append(completed(0, null)).evaluate(thread);
  answer.catch(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  await thread.close();
  await expect(answer).rejects.toThrow('terminated');
});
