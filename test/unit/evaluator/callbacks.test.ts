import { expect, test } from 'vitest';
import { encodeArguments, toInline } from '../../../src/codec/index.ts';
import type { CallbackInput, CallbackNode } from '../../../src/model/history.ts';
import type { Arguments, Ref } from '../../../src/model/value.ts';
import { completed, HandRun, json, runInfo } from './logic.ts';

const node = (overrides: Partial<CallbackNode> = {}): CallbackNode => ({
  name: 'watched',
  component: 'watched',
  status: 'pending',
  attempt: 0,
  parents: [],
  executionQueue: 'default',
  artifacts: [],
  models: [],
  ...overrides,
});

const callback = (input: CallbackInput, call = 0, overrides: Partial<CallbackNode> = {}) =>
  ({ kind: 'callback', call, component: 'watched', node: node(overrides), input }) as const;

const args = (list: readonly unknown[], refs: readonly Ref[] = []): Arguments => ({
  data: json(list),
  refs: [...refs],
});
const before = (list: readonly unknown[], refs?: readonly Ref[]) =>
  callback({ kind: 'preExecute', args: args(list, refs) });

const watched = (options: string, parameters = '["x", "y"]', style = 'positional') =>
  `const watched = step("watched", ${options}, ${parameters}, "${style}");`;

test('a pre-execute callback sees the arguments by name, and its assignments take effect', async () => {
  const run = await HandRun.start('async () => { await watched(1, { deep: [2] }) }', {
    top: watched(
      '{ preExecuteCallback(pipeline, node, params) { params.x += 10; params.y.deep.push(node.name) } }',
    ),
  });
  expect(run.of('declare')[0]?.component.callbacks).toEqual(['preExecute']);
  expect(await run.after(before([1, { deep: [2] }]))).toEqual([
    {
      kind: 'outcome',
      event: 0,
      outcome: { kind: 'preExecute', launch: true, args: args([11, { deep: [2, 'watched'] }]) },
    },
  ]);
});

test.each([
  ['left alone', '', undefined],
  ['set to what it was', 'params.x = 1', undefined],
  [
    'moved',
    'params.y = [params.x]; params.x = null',
    args([null, [null]], [{ path: [1, 0], call: 0, value: null }]),
  ],
  [
    'given beyond the first',
    'params.y = "more"',
    args([null, 'more'], [{ path: [0], call: 0, value: null }]),
  ],
])('a reference among the arguments that is %s', async (_how, statement, expected) => {
  const run = await HandRun.start('async () => { const x = a(); await watched(x) }', {
    top: watched(`{ preExecuteCallback: (pipeline, node, params) => { ${statement} } }`),
  });
  const [outcome] = await run.after({
    ...callback(
      { kind: 'preExecute', args: args([null], [{ path: [0], call: 0, value: null }]) },
      1,
    ),
  });
  if (statement === 'params.x = 1') expect(outcome).toMatchObject({ outcome: { args: args([1]) } });
  else
    expect(outcome).toEqual({
      kind: 'outcome',
      event: 0,
      outcome: {
        kind: 'preExecute',
        launch: true,
        ...(expected === undefined ? {} : { args: expected }),
      },
    });
});

test('references are read-only and name the step that they come from', async () => {
  const run = await HandRun.start('async () => { const x = a(); await watched(x) }', {
    top: watched(
      '{ preExecuteCallback: (pipeline, node, params) => { pipeline.logger.info([params.x.artifact, Object.isFrozen(params.x), Object.isFrozen(node), Object.isFrozen(node.parents)].join()) } }',
    ),
  });
  await run.after(
    callback({ kind: 'preExecute', args: args([null], [{ path: [0], call: 0, value: null }]) }, 1),
  );
  expect(run.of('log')[0]?.text).toBe('a,true,true,true');
});

test('one destructured object is the params themselves', async () => {
  const run = await HandRun.start('async () => { await watched({ x: 1 }) }', {
    top: watched(
      '{ preExecuteCallback: (pipeline, node, params) => { params.y = Object.keys(params) } }',
      '["x", "y"]',
      'object',
    ),
  });
  expect(await run.after(before([{ x: 1 }]))).toMatchObject([
    { outcome: { launch: true, args: args([{ x: 1, y: ['x'] }]) } },
  ]);
});

test('params accept the Lazy of a completed step, and reject that of an unfinished step and an unknown parameter', async () => {
  const run = await HandRun.start('async () => { done = a(); open = b(); await watched(1) }', {
    top: `let done, open, round = 0; ${watched('{ preExecuteCallback: (pipeline, node, params) => { [() => { params.x = done }, () => { params.x = open }, () => { params.z = 1 }][round++]() } }')}`,
  });
  await run.after(completed(0, null));
  expect(await run.after({ ...before([1]), call: 2 })).toMatchObject([
    { outcome: { launch: true, args: args([null], [{ path: [0], call: 0, value: null }]) } },
  ]);
  expect(await run.after({ ...before([1]), call: 2 })).toMatchObject([
    {
      outcome: {
        launch: true,
        error: { name: 'ParamsError', message: expect.stringContaining('step b') },
      },
    },
  ]);
  expect(await run.after({ ...before([1]), call: 2 })).toMatchObject([
    {
      outcome: {
        launch: true,
        error: { name: 'ParamsError', message: expect.stringContaining('params.z') },
      },
    },
  ]);
});

test('false skips the step; an error in a callback launches the step, is not a retry, and is never fatal', async () => {
  const run = await HandRun.start('async () => { await watched(1) }', {
    top: `let round = 0; ${watched(`{
      preExecuteCallback: () => { if (round++ === 0) return false; throw new TypeError("pre") },
      postExecuteCallback: () => { throw "post" },
      statusChangeCallback: (pipeline, node, previous) => { console.log(previous + " > " + node.status); throw new Error("status") },
      retryOnFailure: (pipeline, node, retries) => { if (retries > 1) throw new Error("retry"); return retries === 0 },
    }`)}`,
  });
  const outcomes = await run.after(
    before([1]),
    before([1]),
    callback({ kind: 'statusChange', previousStatus: 'pending' }, 0, { status: 'queued' }),
    callback({ kind: 'retry', retries: 0 }),
    callback({ kind: 'retry', retries: 1 }),
    callback({ kind: 'retry', retries: 2 }),
    callback({ kind: 'postExecute' }),
  );
  expect(outcomes).toMatchObject([
    { event: 0, outcome: { kind: 'preExecute', launch: false } },
    {
      event: 1,
      outcome: { kind: 'preExecute', launch: true, error: { name: 'TypeError', message: 'pre' } },
    },
    { kind: 'log', text: 'pending > queued' },
    { event: 2, outcome: { kind: 'statusChange', error: { message: 'status' } } },
    { event: 3, outcome: { kind: 'retry', retry: true } },
    { event: 4, outcome: { kind: 'retry', retry: false } },
    { event: 5, outcome: { kind: 'retry', retry: false, error: { message: 'retry' } } },
    { event: 6, outcome: { kind: 'postExecute', error: { name: 'NonError' } } },
  ]);
});

test('a callback can tag, log, report and abort through its run', async () => {
  const run = await HandRun.start('async () => { await watched(1) }', {
    info: runInfo({ args: { url: 'u' } }),
    top: watched(`{ postExecuteCallback(pipeline, node) {
      pipeline.addTags(["good"]);
      pipeline.logger.warn(pipeline.name + " " + pipeline.project + " " + pipeline.version + " " + pipeline.args.url + " " + node.artifacts.length);
      pipeline.logger.reportScalar("accuracy", "test", 0.5, 3);
      pipeline.abort("enough");
      pipeline.args.url = "changed";
    } }`),
  });
  expect(await run.after(callback({ kind: 'postExecute' }))).toEqual([
    { kind: 'addTags', tags: ['good'] },
    { kind: 'log', level: 'warn', text: 'main tests 1.0.0 u 0' },
    { kind: 'point', title: 'accuracy', series: 'test', value: 0.5, iteration: 3 },
    { kind: 'abort', reason: 'enough' },
    { kind: 'outcome', event: 0, outcome: { kind: 'postExecute' } },
  ]);
});

test('a callback may await available results, also those that are stored as objects', async () => {
  const run = await HandRun.start('async () => { done = a(); await watched(1) }', {
    top: `let done; ${watched('{ preExecuteCallback: async (pipeline, node, params) => { params.x = await done; await null; return true } }')}`,
  });
  run.objects.set('k', new TextEncoder().encode('"fetched"'));
  await run.after({
    kind: 'completed',
    call: 0,
    values: [{ format: 'json', key: 'k', size: 9, hash: 'h' }],
  });
  expect(await run.after(callback({ kind: 'preExecute', args: args([1]) }, 1))).toEqual([
    {
      kind: 'outcome',
      event: 1,
      outcome: { kind: 'preExecute', launch: true, args: args(['fetched']) },
    },
  ]);
});

test.each([
  ['a promise that never settles', 'new Promise(() => {})'],
  ['a step that is not finished', 'open'],
])('a callback that awaits %s fails, and the run continues', async (_what, awaited) => {
  const run = await HandRun.start('async () => { open = a(); await watched(1) }', {
    top: `let open; ${watched(`{ preExecuteCallback: async () => { await ${awaited}; return false } }`)}`,
  });
  const commands = await run.after(callback({ kind: 'preExecute', args: args([1]) }, 1));
  expect(commands.at(-1)).toMatchObject({
    kind: 'outcome',
    outcome: {
      launch: true,
      error: { name: 'CallbackPendingError', message: expect.stringContaining('preExecute') },
    },
  });
  await run.after(completed(0, null), completed(1, null));
  expect(run.of('returned')).toHaveLength(1);
  expect(run.of('outcome')).toHaveLength(1);
});

test('arguments that are stored as an object are fetched for the callback', async () => {
  const run = await HandRun.start('async () => { await watched(1) }', {
    top: watched('{ preExecuteCallback: (pipeline, node, params) => { params.x.push(4) } }'),
  });
  run.objects.set('args', new TextEncoder().encode('[[1,2,3]]'));
  const [outcome] = await run.after(
    callback({
      kind: 'preExecute',
      args: { data: { format: 'json', key: 'args', size: 9, hash: 'h' }, refs: [] },
    }),
  );
  expect(outcome).toMatchObject({ outcome: { args: args([[1, 2, 3, 4]]) } });
  const { data } = encodeArguments([new Set([1])], () => undefined);
  if (data.format !== 'cbor') throw new Error('a Set is CBOR');
  run.objects.set('set', data.bytes);
  const [second] = await run.after(
    callback({
      kind: 'preExecute',
      args: { data: { format: 'cbor', key: 'set', size: 9, hash: 'h' }, refs: [] },
    }),
  );
  expect(second).toMatchObject({ outcome: { error: { name: 'TypeError' } } });
  expect(toInline(data).format).toBe('cbor');
});

test('module state that callbacks change is the same after a replay, also once the function has returned', async () => {
  const run = await HandRun.start(
    'async () => { const x = watched(1); await watched(2); return best }',
    {
      top: `let best = 0; ${watched('{ postExecuteCallback: (pipeline, node) => { best = Math.max(best, node.attempt); pipeline.logger.info("best " + best) } }')}`,
    },
  );
  run.evaluator.drop(run.info.id);
  await run.after(callback({ kind: 'postExecute' }, 1, { attempt: 7 }), completed(1, null));
  expect(run.returned).toBe(7);
  run.evaluator.drop(run.info.id);
  expect(await run.after(callback({ kind: 'postExecute' }, 0, { attempt: 3 }))).toMatchObject([
    { kind: 'log', text: 'best 7' },
    { kind: 'outcome' },
  ]);
});

test('the logic may await a promise that a callback of an unfinished step resolves', async () => {
  const run = await HandRun.start('async () => { watched(1); return await signal }', {
    top: `let resolve; const signal = new Promise((done) => { resolve = done }); ${watched('{ postExecuteCallback: () => resolve("signalled") }')}`,
  });
  await run.after(callback({ kind: 'postExecute' }));
  expect(run.returned).toBe('signalled');
});
