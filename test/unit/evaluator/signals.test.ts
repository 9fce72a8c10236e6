import { expect, it } from 'vitest';
import { completed, HandRun, json } from './logic.ts';

const signal = (name: string, value: unknown = null) => ({
  kind: 'signal' as const,
  name,
  value: JSON.stringify(value),
});

it('a wait is a command with its position, and the signal settles it with its value', async () => {
  const run = await HandRun.start(
    "async () => { await a(); const { by } = await waitForSignal('approve'); return by }",
  );
  expect(await run.after(completed(0, 1))).toEqual([
    { kind: 'waitForSignal', name: 'approve', position: 1 },
  ]);
  expect(await run.after(signal('other', 1))).toEqual([]);
  expect(await run.after(signal('approve', { by: 'Ann' }))).toEqual([
    { kind: 'returned', value: json('Ann') },
  ]);
});

it('signals that arrive before their waits are kept, and each settles one wait in its order', async () => {
  const run = await HandRun.start(
    "async () => { await a(); return [await waitForSignal('s'), await waitForSignal('s')] }",
  );
  expect(await run.after(signal('s', 1), signal('s', 2))).toEqual([]);
  expect(await run.after(completed(0, null))).toMatchObject([
    { kind: 'waitForSignal' },
    { kind: 'waitForSignal' },
    { kind: 'returned', value: json([1, 2]) },
  ]);
});

it('a signal settles all waits for its name, so that a wait that lost a race takes nothing from the next one', async () => {
  const run = await HandRun.start(`async () => {
    for (let round = 0; ; round++) {
      const approved = await Promise.race([waitForSignal('approve'), sleep(1000)]);
      if (approved !== undefined) return [round, approved];
    }
  }`);
  await run.after({ kind: 'sleepEnded', sleep: 0 });
  expect((await run.after(signal('approve', true))).at(-1)).toEqual({
    kind: 'returned',
    value: json([1, true]),
  });
});

it('logic that waits for a signal is not stuck', async () => {
  const run = await HandRun.start("async () => { await waitForSignal('never') }");
  expect(run.commands.map(({ kind }) => kind)).toEqual(['waitForSignal']);
});

it('a name that no command line could send is refused where the logic waits for it', async () => {
  const run = await HandRun.start("async () => { await waitForSignal('two words') }");
  expect(run.commands).toMatchObject([{ kind: 'threw', error: { name: 'SignalNameError' } }]);
  const many = await HandRun.start(
    "async () => { await Promise.all(Array.from({ length: 101 }, (_, n) => waitForSignal('s' + n))) }",
  );
  expect(many.commands.at(-1)).toMatchObject({ error: { name: 'TooManySignalsError' } });
});
