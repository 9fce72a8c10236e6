import { expect, test } from 'vitest';
import { createEvaluator } from '../../../src/evaluator/index.ts';
import type { HistoryEvent } from '../../../src/model/history.ts';
import type { LogicAnswer } from '../../../src/ports/evaluator.ts';
import { completed, HandRun, json, logicOf, type NewEvent } from './logic.ts';

/** Replays the history of the code `recorded` with the code `now`. */
async function replay(
  recorded: string,
  now: string,
  events: readonly NewEvent[],
  top = '',
): Promise<LogicAnswer> {
  const run = await HandRun.start(recorded, { top });
  for (const event of events) await run.after(event);
  return run.replayWith(await logicOf(now, top));
}

const sentence = (answer: LogicAnswer): string =>
  answer.kind === 'broken'
    ? `${answer.error.name}: ${answer.error.message}`
    : 'the replay did not fail';

test('other arguments of the same call diverge, and the message shows both', async () => {
  const answer = await replay(
    'async () => { await a(1); await b("now") }',
    'async () => { await a(2); await b("now") }',
    [completed(0, null)],
  );
  expect(sentence(answer)).toMatch(
    /^DivergenceError: .*command 1, after 0 events.*Recorded: a call of a with the arguments \[1\], awaited\. Now: a call of a with the arguments \[2\], awaited\./,
  );
});

test('another component in the same call diverges', async () => {
  const answer = await replay('async () => { await a(1) }', 'async () => { await b(1) }', []);
  expect(sentence(answer)).toMatch(/DivergenceError: .*Recorded: declare a .*Now: declare b/);
});

test('the message shows the start of the new arguments if they are long, and the hash of the recorded ones', async () => {
  const long = 'x'.repeat(200);
  const answer = await replay(
    `async () => { await a("${long}1") }`,
    `async () => { await a("${long}2") }`,
    [],
  );
  expect(sentence(answer)).toMatch(
    /Recorded: a call of a with the arguments of the hash [0-9a-f]{32}, awaited\. Now: a call of a with the arguments \["xxxx/,
  );
});

test('fewer commands than recorded diverge', async () => {
  const answer = await replay(
    'async () => { await a(1); await b(2) }',
    'async () => { await a(1); await c }',
    [completed(0, null)],
  );
  expect(sentence(answer)).toMatch(/DivergenceError: .*Recorded: (declare b|a call of b)/);
});

test('an additional await diverges', async () => {
  const answer = await replay(
    'async () => { const x = a(1); await b() }',
    'async () => { const x = a(1); x.then(() => 1); await b() }',
    [],
  );
  expect(sentence(answer)).toMatch(/DivergenceError/);
});

test('an event of a call that the logic did not make does not match the history', async () => {
  const run = await HandRun.start('async () => { await a(1) }');
  expect(await run.append(completed(3, null)).expectBroken()).toMatchObject({
    name: 'HistoryMismatchError',
    message: expect.stringContaining('call 3'),
  });
});

test('another outcome of a callback diverges', async () => {
  const top = (answer: string) =>
    `const watched = step("watched", { preExecuteCallback: () => ${answer} });`;
  const run = await HandRun.start('async () => { await watched(1) }', { top: top('false') });
  const node = {
    name: 'watched',
    component: 'watched',
    status: 'pending',
    attempt: 0,
    parents: [],
    executionQueue: 'q',
    artifacts: [],
    models: [],
  } as const;
  await run.after({
    kind: 'callback',
    call: 0,
    component: 'watched',
    node,
    input: { kind: 'preExecute', args: { data: { format: 'json', text: '[1]' }, refs: [] } },
  });
  const answer = await run.replayWith(
    await logicOf('async () => { await watched(1) }', top('true')),
  );
  expect(sentence(answer)).toMatch(
    /DivergenceError: .*Recorded: outcome 0 .*"launch":false.*Now: outcome 0 .*"launch":true/,
  );
});

test('an evaluation at the requested position continues, and one at another position is replaced by a replay', async () => {
  let loads = 0;
  const run = await HandRun.start('async () => { let n = 0; for (;;) n += await a(n) }', {});
  const code = run.code;
  const counting = createEvaluator({
    loadCode: async () => {
      loads++;
      return code;
    },
    fetchValue: async () => new Uint8Array(),
  });
  const evaluateAt = async (
    position: number,
    commands: number,
    generation = 0,
  ): Promise<LogicAnswer> =>
    counting.evaluate({
      info: run.info,
      generation,
      position,
      fromCommand: commands,
      history: run.history,
      limit: 100,
    });
  for (let call = 0; call < 10; call++) await run.after(completed(call, 1));
  const before = await evaluateAt(3, 5);
  const again = await evaluateAt(3, 5);
  expect(again).toEqual(before);
  expect(await evaluateAt(10, run.signatures.length)).toEqual({
    kind: 'page',
    commands: [],
    more: false,
  });
  expect(await evaluateAt(3, 4)).toMatchObject({
    kind: 'page',
    commands: [{ signature: 'call* a[3]' }],
  });
  expect(await evaluateAt(3, 4, 1)).toMatchObject({
    kind: 'page',
    commands: [{ signature: 'call* a[3]' }],
  });
  expect(loads).toBe(1);
});

test('an evaluation whose events were not recorded does not continue', async () => {
  const main =
    'async () => { const order = []; const all = [1, 2, 3].map((n) => a(n).then(() => order.push(n))); await Promise.all(all); return order }';
  const run = await HandRun.start(main);
  const { evaluator } = run;
  const accepted = run.signatures.length;
  const evaluate = (id: string, continues: string | undefined, events: readonly HistoryEvent[]) =>
    evaluator.evaluate({
      info: run.info,
      id,
      continues,
      generation: 0,
      position: events.length,
      fromCommand: accepted,
      history: {
        async *events(from) {
          yield events.slice(from);
        },
        signatures: run.history.signatures,
      },
      limit: 100,
    });
  const completedAt1 = (call: number): HistoryEvent => ({
    kind: 'completed',
    call,
    values: [json(1)],
    at: 1,
  });
  const [first, second, third] = [completedAt1(0), completedAt1(1), completedAt1(2)];
  await evaluate('start', undefined, []);
  // The commit after this answer fails, and the messages come again in another order.
  await evaluate('refused', 'start', [first, second]);
  await evaluate('accepted', 'start', [third]);
  expect(await evaluate('last', 'accepted', [third, second, first])).toMatchObject({
    commands: [{ command: { kind: 'returned', value: { text: '[3,2,1]' } } }],
  });
  // Of as many events, and of no more commands than were accepted.
  await evaluate('refused', 'start', [first]);
  expect(await evaluate('last', 'accepted', [third, second, first])).toMatchObject({
    commands: [{ command: { kind: 'returned', value: { text: '[3,2,1]' } } }],
  });
});

test('answers are the same with two runs and memory for one evaluation, and with two concurrent requests for one run', async () => {
  const main = 'async () => { let n = 0; while (n < 5) n += await a(n); return n }';
  const one = await HandRun.start(main);
  const other = await HandRun.start(main);
  const shared = createEvaluator({
    loadCode: async () => one.code,
    fetchValue: async () => new Uint8Array(),
    maxLiveEvaluations: 1,
  });
  for (let call = 0; call < 5; call++) {
    one.append(completed(call, 1));
    other.append(completed(call, 1));
    const [first, second] = await Promise.all([one.evaluate(shared), one.evaluate(shared)]);
    expect(second).toEqual(first);
    await one.advance(shared);
    await other.advance(shared);
  }
  expect([one.returned, other.returned]).toEqual([5, 5]);
});
