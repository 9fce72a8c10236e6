import { expect, test } from 'vitest';
import { createEvaluator, describeLogic } from '../../../src/evaluator/index.ts';
import { completed, HandRun, logicOf } from './logic.ts';

const timeoutMs = 300;

test.each([
  ['an endless loop', 'async () => { for (;;); }', ''],
  ['an endless loop of awaits', 'async () => { for (;;) await null }', ''],
  [
    'an endless loop in a finally block',
    'async () => { try { for (;;); } finally { for (;;); } }',
    '',
  ],
  ['an endless loop at the top level', 'async () => 1', 'for (;;);'],
  [
    'a regular expression that backtracks endlessly',
    'async () => /(a+)+b/.test("a".repeat(60))',
    '',
  ],
  [
    'a promise that resolves to itself repeatedly',
    'async () => { const again = () => Promise.resolve().then(again); await again() }',
    '',
  ],
])('%s is stopped', async (_what, main, top) => {
  expect(await HandRun.breaking(main, { top, timeoutMs })).toMatchObject({
    name: 'LogicTimeoutError',
    message: expect.stringContaining('component'),
  });
});

test('code that is not the code of the run is not executed', async () => {
  const run = await HandRun.create('async () => 1');
  const evaluator = createEvaluator({
    loadCode: async () => `globalThis.executed = true; ${run.code}`,
    fetchValue: async () => new Uint8Array(),
  });
  expect(await run.evaluate(evaluator)).toMatchObject({
    kind: 'broken',
    error: { name: 'CodeMismatchError', message: expect.stringContaining(run.info.code.logic.key) },
  });
});

test('an endless loop after an event, or in a callback, is stopped', async () => {
  const run = await HandRun.start('async () => { await a(); for (;;) await null }', { timeoutMs });
  expect(await run.append(completed(0, null)).expectBroken()).toMatchObject({
    name: 'LogicTimeoutError',
  });

  const watched = await HandRun.start('async () => { await w() }', {
    timeoutMs,
    top: 'const w = step("w", { postExecuteCallback: () => { for (;;); } });',
  });
  const node = {
    name: 'w',
    component: 'w',
    status: 'completed',
    attempt: 1,
    parents: [],
    executionQueue: 'q',
    artifacts: [],
    models: [],
  } as const;
  expect(
    await watched
      .append({ kind: 'callback', call: 0, component: 'w', node, input: { kind: 'postExecute' } })
      .expectBroken(),
  ).toMatchObject({
    name: 'LogicTimeoutError',
  });
});

test('other runs continue after the logic of one was stopped', async () => {
  await HandRun.breaking('async () => { for (;;) await null }', { timeoutMs });
  const run = await HandRun.start('async () => await a()', { timeoutMs });
  await run.after(completed(0, 'fine'));
  expect(run.returned).toBe('fine');
});

test('the time limit applies between two events, not to the replay of a whole history', async () => {
  const run = await HandRun.start(
    'async () => { for (let i = 0; i < 60; i++) { await a(i); for (let n = 0; n < 2e7; n++); } return "done" }',
  );
  for (let call = 0; call < 60; call++) run.append(completed(call, null));
  await run.advance();
  expect(run.returned).toBe('done');
  const strict = createEvaluator({
    loadCode: async () => run.code,
    fetchValue: async () => new Uint8Array(),
    timeoutMs: 1000,
  });
  expect(await run.evaluate(strict)).toEqual({ kind: 'page', commands: [], more: false });
}, 60_000);

test('a loop of unawaited calls is stopped before it fills the memory', async () => {
  const main = 'async () => { for (let i = 0; i < 300; i++) { try { a(i) } catch {} } }';
  expect(await HandRun.breaking(main, { commandLimit: 250 })).toMatchObject({
    name: 'RunawayLogicError',
    message: expect.stringContaining('loop'),
  });
  expect((await HandRun.start(main, { commandLimit: 400 })).of('call')).toHaveLength(300);
});

test.each([
  ['a promise that never settles', 'async () => { await new Promise(() => {}) }'],
  [
    'a promise that never settles after a step',
    'async () => { await a(); await new Promise(() => {}) }',
  ],
  [
    'a promise that never settles beside unawaited steps',
    'async () => { b(1); await a(); await new Promise(() => {}) }',
  ],
])('logic that awaits %s fails with the advice to use a component', async (_what, main) => {
  const run = await HandRun.start(main).catch((error: Error) => error);
  if (run instanceof Error) {
    expect(run.message).toMatch(/NonStepAwaitError: .*component/);
    return;
  }
  const call = run.of('call').findIndex(({ component }) => component === 'a');
  expect(await run.append(completed(call, null)).expectBroken()).toMatchObject({
    name: 'NonStepAwaitError',
    message: expect.stringContaining('component'),
  });
});

test('a race against a promise that never settles continues while a step may win it', async () => {
  const run = await HandRun.start('async () => await Promise.race([a(), new Promise(() => {})])');
  await run.after(completed(0, 'won'));
  expect(run.returned).toBe('won');
});

test('a bundle that cannot be loaded fails with the reason', async () => {
  expect(
    await HandRun.breaking('async () => 1', { top: 'throw new TypeError("at the top")' }),
  ).toMatchObject({
    name: 'LogicLoadError',
    message: expect.stringMatching(/TypeError: at the top/),
  });
  expect(await HandRun.breaking('async () => 1', { top: 'null.x' })).toMatchObject({
    name: 'LogicLoadError',
    message: expect.stringMatching(/Cannot read properties of null/),
  });
  expect(await HandRun.breaking('async () => 1', { top: 'await 1' })).toMatchObject({
    name: 'LogicLoadError',
    message: expect.stringMatching(/await/),
  });
  expect(await HandRun.breaking('async () => 1', { top: 'a(1)' })).toMatchObject({
    name: 'LogicLoadError',
    message: expect.stringMatching(/called outside a pipeline/),
  });
  expect(
    await HandRun.breaking('async () => 1', { top: 'throw { get message() { throw 1 } }' }),
  ).toMatchObject({ name: 'LogicLoadError' });
  expect(
    await HandRun.breaking('async () => 1', { top: 'step("x", { cach: true })' }),
  ).toMatchObject({
    name: 'LogicLoadError',
    message: expect.stringMatching(/did you mean cache/),
  });
});

test('an option with an invalid value is rejected when its component is declared', async () => {
  expect(
    await HandRun.breaking('async () => { await x() }', {
      top: 'const x = step("x", { timeoutSeconds: -1 })',
    }),
  ).toMatchObject({
    name: 'OptionError',
    message: expect.stringMatching(/timeoutSeconds of component x/),
  });
});

test('two components with the same name are rejected when the second is called', async () => {
  const run = await HandRun.start('async () => { a(1); other(1) }', {
    top: 'const other = component({ name: "a" }, undefined, { id: "o.ts#o", name: "o", style: "positional", parameters: [] });',
  });
  expect(run.threw).toMatchObject({
    name: 'DeclarationError',
    message: expect.stringMatching(/pipeline\.ts#a.*o\.ts#o/),
  });
});

test('describeLogic evaluates only the top level, and validates its declarations', async () => {
  const top =
    'step("trained", { returnValues: ["model"], cache: true, retryOnFailure: () => true }); PipelineDecorator.setDefaultExecutionQueue("gpu"); console.log("loading");';
  const described = await describeLogic(
    await logicOf(
      '() => { throw new Error("not run") }',
      top,
      '{ name: "iris", project: "examples", version: "0.1" }',
    ),
  );
  expect(described).toMatchObject({
    pipeline: { name: 'iris', project: 'examples', version: '0.1.0', autoVersionBump: true },
    defaultQueue: 'gpu',
  });
  expect(described.components.at(-1)).toMatchObject({
    name: 'trained',
    returnValues: ['model'],
    cache: true,
    callbacks: ['retry'],
    taskType: 'data_processing',
  });
  await expect(describeLogic(await logicOf('() => 1', '', '{ version: "one" }'))).rejects.toThrow(
    /version of pipeline main/,
  );
  await expect(describeLogic(await logicOf('() => 1', 'throw new Error("no")'))).rejects.toThrow(
    /no/,
  );
  await expect(describeLogic(await logicOf('() => 1', 'for (;;);'), timeoutMs)).rejects.toThrow(
    /without awaiting/,
  );
  await expect(describeLogic('var __headrace = { describe: 1 }')).rejects.toThrow(
    /not a valid driver/,
  );
});
