import { expect, test } from 'vitest';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { writeCommands } from '../../../src/model/command-page.ts';
import type { CommandOf } from '../../../src/model/history.ts';
import { HandRun } from './logic.ts';

const ROWS = 'Array.from({ length: 10_000 }, (_, index) => index / 7)';
const rowsText = JSON.stringify(Array.from({ length: 10_000 }, (_, index) => index / 7));

const partsOfCalls = (calls: readonly CommandOf<'call'>[]) => calls.map(({ args }) => args.parts);

test('calls that pass one array share the object of its text', async () => {
  const run = await HandRun.start(
    `async () => { const rows = ${ROWS}; for (let i = 0; i < 5; i++) a(i, rows); b({ rows }); await c(1); }`,
  );
  const calls = run.of('call');
  expect(calls.map(({ args }) => args.data)).toEqual(
    ['[0,null]', '[1,null]', '[2,null]', '[3,null]', '[4,null]', '[{"rows":null}]', '[1]'].map(
      (text) => ({ format: 'json', text }),
    ),
  );
  const values = partsOfCalls(calls).flatMap((parts = []) => parts.map(({ value }) => value));
  expect(values).toHaveLength(6);
  expect(values[0]).toEqual({ format: 'json', text: rowsText });
  expect(new Set(values).size).toBe(1);
});

test('a page has each large part once, however often it is written and read', async () => {
  const run = await HandRun.create(
    `async () => { const rows = ${ROWS}; for (let i = 0; i < 40; i++) a(i, rows); await b(1); }`,
  );
  const answer = await run.evaluate();
  if (answer.kind !== 'page') throw new Error(answer.error.message);
  const text = writeCommands(answer.commands);
  expect(text.length).toBeLessThan(1.2 * rowsText.length + 40 * 200);
  const read = readCommands(text);
  expect(read).toEqual(answer.commands);
  expect(writeCommands(read)).toBe(text);
});

test('commands are the same in pages of one, and each page has the parts of its calls', async () => {
  const logic = `async () => { const rows = ${ROWS}; const other = rows.map((x) => -x - 1); for (let i = 0; i < 6; i++) a(i, i % 2 ? rows : other); await b(1); }`;
  const [whole, paged] = [await HandRun.create(logic), await HandRun.create(logic)];
  await whole.advance();
  await paged.advance(paged.freshEvaluator(), 1);
  expect(paged.commands).toEqual(whole.commands);
});

test('the digest of a call depends on the content of its large parts', async () => {
  const run = await HandRun.start(
    `async () => { const rows = ${ROWS}; a(rows); a([...rows]); rows[3] = 9; a(rows); a(rows, undefined); await b(1); }`,
  );
  const [first, equal, changed] = run.of('call').map(({ digest }) => digest);
  expect(equal).toBe(first);
  expect(changed).not.toBe(first);
});

test('a replay with another large part diverges', async () => {
  const run = await HandRun.start(`async () => { await a(1, ${ROWS}) }`);
  const other = await HandRun.create(`async () => { await a(1, ${ROWS}.map((x) => x + 1)) }`);
  expect(await run.replayWith(other.code)).toMatchObject({
    kind: 'broken',
    error: { name: 'DivergenceError' },
  });
});

test('a pre-execute callback reads a large part that is stored, and changes another argument', async () => {
  const run = await HandRun.start(`async () => { await watched(1, ${ROWS}) }`, {
    top: `const watched = step("watched", { preExecuteCallback(run, node, params) { params.x = params.y.length } }, ["x", "y"]);`,
  });
  run.objects.set('rows', Buffer.from(rowsText));
  const stored = { format: 'json', key: 'rows', size: rowsText.length, hash: '' } as const;
  const [outcome] = await run.after({
    kind: 'callback',
    call: 0,
    component: 'watched',
    node: {
      name: 'watched',
      component: 'watched',
      status: 'pending',
      attempt: 0,
      parents: [],
      executionQueue: 'default',
      artifacts: [],
      models: [],
    },
    input: {
      kind: 'preExecute',
      args: {
        data: { format: 'json', text: '[1,null]' },
        refs: [],
        parts: [{ path: [1], value: stored }],
      },
    },
  });
  expect(outcome).toEqual({
    kind: 'outcome',
    event: 0,
    outcome: {
      kind: 'preExecute',
      launch: true,
      args: {
        data: { format: 'json', text: '[10000,null]' },
        refs: [],
        parts: [{ path: [1], value: { format: 'json', text: rowsText } }],
      },
    },
  });
});

test('a page that refers to a part that it does not have is rejected', () => {
  const call = {
    kind: 'call',
    component: 'a',
    args: {
      data: { format: 'json', text: '[null]' },
      refs: [],
      parts: [{ path: [0], part: 1 }],
    },
    digest: '',
    awaited: false,
  };
  const page = (...items: unknown[]) =>
    JSON.stringify([...items, { command: call, signature: '' }]);
  const value = { format: 'json', text: '1' };
  expect(readCommands(page({ part: 1, value }))).toHaveLength(1);
  for (const items of [
    [],
    [{ part: 2, value }],
    [{ part: 1, value: { format: 'json', key: 'code/x.js', size: 1, hash: '' } }],
  ])
    expect(() => readCommands(page(...items))).toThrow('returned data that is not a valid');
});
