import { expect, it } from 'vitest';
import { completed, HandRun, json } from './logic.ts';

const kinds = (run: HandRun) => run.commands.map(({ kind }) => kind);
/** The value that the logic returns without any event. */
const resultOf = async (body: string) =>
  (await HandRun.start(`async () => { ${body} }`)).commands.at(-1);

it('a signal that is aborted later cancels the step then, and once', async () => {
  const run = await HandRun.start(`async () => {
    const stop = new AbortController();
    const slow = cancelOnAbort(a(1), stop.signal);
    const other = a(2);
    await other;
    stop.abort();
    stop.abort();
    try { await slow } catch (error) { return error.name }
  }`);
  expect(kinds(run)).toEqual(['declare', 'call', 'call']);
  expect(await run.after(completed(1, 2))).toEqual([
    { kind: 'cancel', call: 0 },
    { kind: 'await', call: 0 },
  ]);
  expect(await run.after({ kind: 'aborted', call: 0, step: 'a' })).toEqual([
    { kind: 'returned', value: json('StepCancelledError') },
  ]);
});

it('a signal that is aborted already cancels the step before it is awaited', async () => {
  const run = await HandRun.start('async () => { await cancelOnAbort(a(1), AbortSignal.abort()) }');
  expect(kinds(run)).toEqual(['declare', 'call', 'cancel', 'await']);
});

it('a signal that is aborted after the end of the step issues no command', async () => {
  const run = await HandRun.start(`async () => {
    const stop = new AbortController();
    const value = await cancelOnAbort(a(1), stop.signal);
    stop.abort();
    return value;
  }`);
  expect((await run.after(completed(0, 7))).map(({ kind }) => kind)).toEqual(['returned']);
});

it('one signal cancels several steps, and a signal of several sources is aborted by each', async () => {
  const run = await HandRun.start(`async () => {
    const [left, right] = [new AbortController(), new AbortController()];
    for (const n of [1, 2]) cancelOnAbort(a(n), AbortSignal.any([left.signal, right.signal]));
    right.abort();
    left.abort();
  }`);
  expect(run.commands.filter(({ kind }) => kind === 'cancel')).toEqual([
    { kind: 'cancel', call: 0 },
    { kind: 'cancel', call: 1 },
  ]);
});

it('a value that is no Lazy is refused by cancelOnAbort, whether the signal is aborted or not', async () => {
  for (const signal of ['new AbortController().signal', 'AbortSignal.abort()'])
    expect(await resultOf(`cancelOnAbort(Promise.resolve(1), ${signal})`)).toMatchObject({
      error: { name: 'LazyExpectedError' },
    });
});

it('listeners of a signal are called once, in their order, with the reason, and not after their removal', async () => {
  const body = `
    const stop = new AbortController();
    const seen = [];
    const removed = () => seen.push('removed');
    stop.signal.onabort = () => seen.push('onabort');
    stop.signal.addEventListener('abort', (event) => seen.push(event.type, event.target === stop.signal));
    stop.signal.addEventListener('abort', { handleEvent: () => seen.push(stop.signal.reason) });
    stop.signal.addEventListener('abort', removed);
    stop.signal.removeEventListener('abort', removed);
    stop.abort('enough');
    stop.abort('again');
    stop.signal.addEventListener('abort', removed);
    return [...seen, stop.signal.aborted, stop.signal.reason];`;
  expect(await resultOf(body)).toEqual({
    kind: 'returned',
    value: json(['onabort', 'abort', true, 'enough', true, 'enough']),
  });
});

it('without a reason, an aborted signal throws an AbortError', async () => {
  const body = `
    const { signal } = new AbortController();
    signal.throwIfAborted();
    try { AbortSignal.abort().throwIfAborted() } catch (error) { return [error.name, error.code] }`;
  expect(await resultOf(body)).toEqual({ kind: 'returned', value: json(['AbortError', 20]) });
});
