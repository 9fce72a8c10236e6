/**
 * Failures that reach no handler of the logic. The commands do not depend on when Node.js reports a
 * rejection, nor on how the events are divided into evaluations.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { completed, failed, HandRun, logicOf, type NewEvent } from './logic.ts';

/** The commands after `returned`, from evaluations after each event, and from one replay. */
async function endOf(main: string, ...events: readonly NewEvent[]) {
  const run = await HandRun.start(main);
  for (const event of events) await run.after(event);
  const fromStart = await HandRun.start(main);
  await fromStart.after(...events);
  expect(fromStart.commands).toEqual(run.commands);
  await run.advance(run.freshEvaluator());
  return {
    returned: run.returned,
    unhandled: run.of('unhandled').map(({ call }) => call),
    threw: run.threw,
  };
}

describe('a failure without a handler', () => {
  it('each step in a forEach of async functions is reported', async () => {
    expect(
      await endOf(
        'async () => { [1, 2].forEach(async (n) => { await a(n); }); return 1; }',
        failed(0),
        failed(1),
      ),
    ).toEqual({ returned: 1, unhandled: [0, 1], threw: undefined });
  });

  it('a failed step is reported once if several promises reject with its error', async () => {
    const main =
      'async () => { const one = a(); one.then(() => 1); one.then(() => 2); await b(); return 1; }';
    expect(await endOf(main, failed(0), completed(1, 1))).toMatchObject({ unhandled: [0] });
  });

  it('a rejected promise fails the logic, with the reason as the cause', async () => {
    const main = 'async () => { Promise.reject(new RangeError("floating")); return await a(); }';
    expect(await endOf(main, completed(0, 1))).toMatchObject({
      returned: 1,
      threw: {
        name: 'UnhandledRejectionError',
        message: expect.stringContaining('RangeError: floating'),
        cause: { name: 'RangeError', message: 'floating' },
      },
    });
  });

  it('the error has the place of the reason, if errors have stacks', async () => {
    const run = await HandRun.start('async () => { Promise.reject(new Error("floating")); }', {
      stacks: true,
    });
    const { stack, cause } = run.threw ?? {};
    expect(stack).toContain('UnhandledRejectionError');
    expect(stack?.split('\n')[1]).toMatch(/^ {4}at .*pipeline/);
    expect(stack?.split('\n').slice(1)).toEqual(cause?.stack?.split('\n').slice(1));
  });

  it('the first of several reasons fails the logic', async () => {
    const main =
      'async () => { await a(); for (const text of ["one", "two"]) Promise.reject(new Error(text)); }';
    expect((await endOf(main, completed(0, 1))).threw?.cause).toMatchObject({ message: 'one' });
  });

  it.each([
    ['a text', '"text"', 'text'],
    ['nothing', 'undefined', 'undefined'],
    ['an object without a prototype', 'Object.create(null)', 'cannot be read'],
    [
      'an object whose text cannot be read',
      '({ get message() { throw new Error("getter"); } })',
      'cannot be read',
    ],
  ])('%s as the reason fails the logic', async (_, reason, text) => {
    const run = await HandRun.start(`async () => { Promise.reject(${reason}); }`);
    expect(run.threw?.message).toContain(text);
  });

  it('a rejection in a function that the logic did not await is reported when no step is awaited', async () => {
    const main =
      'async () => { (async () => { await a(); await b(); throw new Error("late"); })(); return 1; }';
    const run = await HandRun.start(main);
    await run.after(completed(0, 1));
    expect(run.threw).toBeUndefined();
    await run.after(completed(1, 1));
    expect(run.threw?.cause).toMatchObject({ message: 'late' });
  });

  it('logic that is stuck fails with the rejection that caused it', async () => {
    const main = 'async () => await new Promise((resolve) => { a().then(resolve); })';
    expect(await endOf(main, failed(0))).toMatchObject({
      unhandled: [0],
      threw: { name: 'StepFailedError', step: 'step 0' },
    });
  });

  it('an artifact whose value fails after the function has returned is reported', async () => {
    const main =
      'async () => { (async () => { await a(); PipelineDecorator.uploadArtifact("x", b()); })(); return 1; }';
    expect(await endOf(main, completed(0, 1), failed(1))).toMatchObject({ unhandled: [1] });
  });
});

describe('a failure with a handler', () => {
  it.each([
    [
      'a promise that gets its handler after a step',
      'async () => { const early = Promise.reject(new Error("x")); await a(); return await early.catch(() => 1); }',
      [completed(0, 1)],
    ],
    [
      'a failed loser of a race',
      'async () => await Promise.race([a(), b()])',
      [completed(0, 1), failed(1)],
    ],
    [
      'a second failure of Promise.all',
      'async () => await Promise.all([a(), b()]).catch(() => 1)',
      [failed(0), failed(1)],
    ],
    [
      'one of all settled promises',
      'async () => (await Promise.allSettled([a(), b()])).length - 1',
      [failed(0), completed(1, 1)],
    ],
    ['a step that is not awaited', 'async () => { a(); return 1; }', [failed(0)]],
    [
      'an artifact with a handler',
      'async () => { await PipelineDecorator.uploadArtifact("x", a()).catch(() => 0); return 1; }',
      [failed(0)],
    ],
  ])('%s is not reported', async (_, main, events) => {
    expect(await endOf(main, ...events)).toEqual({ returned: 1, unhandled: [], threw: undefined });
  });

  it('nothing is reported in addition to the error of the function', async () => {
    const main =
      'async () => { Promise.reject(new Error("floating")); throw new TypeError("own"); }';
    const run = await HandRun.start(main);
    expect(run.of('threw').map(({ error }) => error.name)).toEqual(['TypeError']);
  });
});

it('a bundle of an earlier version, which reports nothing, is evaluated', async () => {
  const code = (await logicOf('async () => { Promise.reject(new Error("floating")); return 1; }'))
    .replace(
      'boot(pipeline(',
      '(({ addUnhandledRejection, concludeRejections, status, ...rest }) => ({ ...rest, status: () => status() & 7 }))(boot(pipeline(',
    )
    .replace("name: 'main' })); })();", "name: 'main' }))); })();");
  const run = await HandRun.start('async () => 1');
  expect(await run.replayWith(code)).toMatchObject({ kind: 'page', commands: [] });
});
