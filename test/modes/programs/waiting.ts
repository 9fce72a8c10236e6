/** Signals, and steps that the logic cancels. */
import { completes, fails, type Programs } from '../program.ts';

const SLOW = `
  const slow = component({}, async (seconds: number) => {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return seconds;
  });
  const double = component({}, (n: number) => n * 2);`;

const main = (body: string): string =>
  `import { cancel, cancelOnAbort, timeout, waitForSignal } from 'headrace'; ${SLOW}\n  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {${body}});`;

const NAME_OF = '(error: Error) => error.name';

export const WAITING: Programs = {
  'a signal that does not arrive in time': {
    source: main(`return (await Promise.race([waitForSignal('go'), sleep('50ms')])) ?? 'expired';`),
    outcome: completes('expired'),
  },
  'an invalid name of a signal': {
    source: main(
      `return await Promise.resolve().then(() => waitForSignal('two words')).catch(${NAME_OF});`,
    ),
    outcome: completes('SignalNameError'),
  },
  'a step that exceeds its timeout, with a child': {
    source: main(`
      const long = slow(600);
      const child = double(long);
      const outcome = await timeout(long, '100ms').catch((error: Error) => error.message);
      return [outcome, await child.then(() => 'ran', ${NAME_OF})];`),
    outcome: completes([
      'step slow was cancelled: it did not complete within 0.1 s',
      'StepSkippedError',
    ]),
  },
  'a step in time': {
    source: main(`const value = double(2); return [await timeout(value, '1h'), await value];`),
    outcome: completes([4, 4]),
  },
  'steps that are cancelled before they start, twice, and when they are complete': {
    source: main(`
      const done = double(2);
      await done;
      const first = slow(600);
      const pending = double(first);
      cancel(first);
      cancel(pending);
      cancel(pending);
      cancel(done);
      const long = slow(601);
      cancel(long);
      return [await done, await pending.then(() => 'ran', ${NAME_OF}), await long.then(() => 'ran', ${NAME_OF})];`),
    outcome: completes([4, 'StepCancelledError', 'StepCancelledError']),
  },
  'calls that are cancelled by an AbortSignal, some of which is aborted before': {
    source: main(`
      const stop = new AbortController();
      const other = new AbortController();
      const done = cancelOnAbort(double(2), stop.signal);
      await done;
      const first = cancelOnAbort(slow(600), stop.signal);
      const second = cancelOnAbort(slow(601), AbortSignal.any([other.signal, stop.signal]));
      const child = double(first);
      let calls = 0;
      stop.signal.addEventListener('abort', () => (calls += 1));
      stop.abort();
      stop.abort(new Error('too late'));
      const never = cancelOnAbort(slow(602), stop.signal);
      const reasoned = AbortSignal.abort('a reason');
      const { name, message } = stop.signal.reason;
      const nameOf = ${NAME_OF};
      return [
        await done,
        await first.then(() => 'ran', nameOf),
        await second.then(() => 'ran', nameOf),
        await child.then(() => 'ran', nameOf),
        await never.then(() => 'ran', nameOf),
        [calls, name, message, stop.signal.reason instanceof Error, other.signal.aborted],
        [reasoned.aborted, reasoned.reason],
        await Promise.resolve().then(() => reasoned.throwIfAborted()).catch((error: unknown) => error),
      ];`),
    outcome: completes([
      4,
      'StepCancelledError',
      'StepCancelledError',
      'StepSkippedError',
      'StepCancelledError',
      [1, 'AbortError', 'This operation was aborted', true, false],
      [true, 'a reason'],
      'a reason',
    ]),
  },
  'a timeout that nothing handles': {
    source: main(`return await timeout(slow(600), '100ms');`),
    outcome: fails({
      name: 'StepCancelledError',
      message: 'step slow was cancelled: it did not complete within 0.1 s',
      step: 'slow',
      class: 'HeadraceError',
      fields: { timeoutMs: 100 },
    }),
  },
  'a value that is no Lazy is cancelled': {
    source: main('const value = await double(2); cancel(value as never); return value;'),
    outcome: fails({
      name: 'LazyExpectedError',
      message: 'cancel needs a Lazy: pass what the call of a component returned, without await',
      class: 'HeadraceError',
      fields: { what: 'cancel' },
    }),
  },
};
