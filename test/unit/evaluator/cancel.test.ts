import { expect, it } from 'vitest';
import { completed, HandRun, json } from './logic.ts';

const aborted = (call: number, step: string) => ({ kind: 'aborted' as const, call, step });
const kinds = (run: HandRun) => run.commands.map(({ kind }) => kind);

it('a cancelled step throws a typed error where the logic awaits it, once its abort is an event', async () => {
  const run = await HandRun.start(`async () => {
    const x = a(1);
    cancel(x);
    cancel(x);
    try { await x } catch (error) { return [error.name, error.step, error.message] }
  }`);
  expect(kinds(run)).toEqual(['declare', 'call', 'cancel', 'await']);
  expect(await run.after(aborted(0, 'a'))).toEqual([
    { kind: 'returned', value: json(['StepCancelledError', 'a', 'step a was cancelled']) },
  ]);
});

it('a step that completes before its cancel is accepted keeps its value', async () => {
  const run = await HandRun.start('async () => { const x = a(1); cancel(x); return await x }');
  expect((await run.after(completed(0, 7))).at(-1)).toEqual({ kind: 'returned', value: json(7) });
});

it('the cancel of a complete step issues no command', async () => {
  const run = await HandRun.start('async () => { const x = a(1); await x; cancel(x); return 1 }');
  expect((await run.after(completed(0, 7))).map(({ kind }) => kind)).toEqual(['returned']);
});

it('an aborted step that the logic did not cancel is not cancelled', async () => {
  const run = await HandRun.start('async () => { try { await a(1) } catch (e) { return e.name } }');
  expect(await run.after(aborted(0, 'a'))).toEqual([
    { kind: 'returned', value: json('StepAbortedError') },
  ]);
});

it('the part of a tuple cancels its step', async () => {
  const run = await HandRun.start('async () => { const [left] = two(1); cancel(left) }');
  expect(kinds(run)).toContain('cancel');
});

it('timeout returns the value in time, and cancels the step after it', async () => {
  const main = `async () => {
    try { return await timeout(a(1), '10s') } catch (error) { return [error.name, error.message] }
  }`;
  const fast = await HandRun.start(main);
  expect(kinds(fast)).toEqual(['declare', 'call', 'sleep', 'await']);
  expect((await fast.after(completed(0, 7))).at(-1)).toEqual({ kind: 'returned', value: json(7) });
  const slow = await HandRun.start(main);
  expect(await slow.after({ kind: 'sleepEnded', sleep: 0 })).toEqual([{ kind: 'cancel', call: 0 }]);
  expect(await slow.after(aborted(0, 'a'))).toEqual([
    {
      kind: 'returned',
      value: json(['StepCancelledError', 'step a was cancelled: it did not complete within 10 s']),
    },
  ]);
});

it('anything that is no Lazy is refused', async () => {
  for (const value of ['1', 'undefined', 'Promise.resolve(1)', 'a']) {
    const run = await HandRun.start(`async () => cancel(${value})`);
    expect(run.commands, value).toMatchObject([{ error: { name: 'LazyExpectedError' } }]);
  }
});
