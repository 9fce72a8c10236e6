/** Failures of steps and of the logic. */
import { completes, fails, failsInStep, type Programs } from '../program.ts';

const TRAIN = `
  const train = component({ returnValues: ['model'] }, async (n: number) => {
    if (n > 0) throw new RangeError('no data for ' + n);
    return n;
  });`;

const main = (body: string, components = TRAIN): string =>
  `${components}\n  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {${body}});`;

export const FAILURES: Programs = {
  'the result of a step': {
    source: main('return (await train(0)) + 1;'),
    outcome: completes(1),
  },
  'an awaited step fails': {
    source: main('return await train(1);'),
    outcome: failsInStep('train', { name: 'RangeError', message: 'no data for 1' }),
  },
  'a failure that is caught': {
    source: main(`
      try { await train(1); } catch (error) { return [(error as Error).name, (error as Error).message]; }
      return null;`),
    outcome: completes(['StepFailedError', 'step train failed: no data for 1']),
  },
  'a step fails that is not awaited': {
    source: main('train(1); return 1;'),
    outcome: failsInStep('train', { name: 'RangeError', message: 'no data for 1' }),
  },
  'a step that never settles': {
    source: main(
      'await stuck();',
      'const stuck = component({}, async () => { await new Promise(() => undefined); });',
    ),
    outcome: failsInStep('stuck', {
      name: 'NeverSettledError',
      message:
        'stuck awaits something that can never happen: nothing is left in its process that could settle the promise it returned',
      class: 'HeadraceError',
      fields: { component: 'stuck' },
    }),
  },
  'an error of the logic': {
    source: main(`throw new TypeError('wrong', { cause: new Error('reason') });`, ''),
    outcome: fails({
      name: 'TypeError',
      message: 'wrong',
      class: 'TypeError',
      cause: { name: 'Error', message: 'reason' },
    }),
  },
};
