/** Failures that no code handles, and similar programs in which code does. */
import {
  completes,
  fails,
  failsInStep,
  type Outcome,
  type Programs,
  withClass,
} from '../program.ts';

const COMPONENTS = `
  const train = component({ returnValues: ['model'] }, async (n: number) => {
    if (n > 0) throw new RangeError('no data for ' + n);
    return n;
  });
  const tolerated = component({ continueOnFail: true }, () => { throw new Error('tolerated'); });
  const skipped = component({ preExecuteCallback: () => false }, () => 1);
  const use = (n: unknown) => n;`;

const main = (body: string): string =>
  `${COMPONENTS}\n  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {${body}});`;

const trainFails = failsInStep('train', { name: 'RangeError', message: 'no data for 1' });

const rejects = (name: string, message: string): Outcome =>
  fails({
    name: 'UnhandledRejectionError',
    message: `a promise of the pipeline was rejected, and nothing handles it: ${name}: ${message}. Await the promise, or attach a handler with catch`,
    class: 'HeadraceError',
    cause: withClass({ name, message }),
  });

/** Each ends the run as failed. */
const FAILING: Programs = {
  'an async function for each of several items': {
    source: main('[0, 1].forEach(async (n) => { await train(n); });'),
    outcome: failsInStep('train_1', { name: 'RangeError', message: 'no data for 1' }),
  },
  'a handler of the value without one of the error': {
    source: main('train(1).then(use); return 1;'),
    outcome: trainFails,
  },
  'a helper that is not awaited': {
    source: main('const helper = async () => { await train(0); await train(1); }; void helper();'),
    outcome: failsInStep('train_1', { name: 'RangeError', message: 'no data for 1' }),
  },
  'a helper that fails by itself after a step': {
    source: main(`(async () => { await train(0); throw new TypeError('helper'); })(); return 1;`),
    outcome: rejects('TypeError', 'helper'),
  },
  'a rejected promise without a handler': {
    source: main(`Promise.reject(new Error('floating')); return await train(0);`),
    outcome: rejects('Error', 'floating'),
  },
  'a rejected promise without a handler and without steps': {
    source: main(`Promise.reject(new Error('floating')); return 1;`),
    outcome: rejects('Error', 'floating'),
  },
  'a step that depends on the failed one, with a handler of the value only': {
    source: main('train(train(1)).then(use); return 1;'),
    outcome: trainFails,
  },
  'a promise that resolves with the value and ignores the error': {
    source: main('return await new Promise((resolve) => { train(1).then(resolve); });'),
    outcome: trainFails,
  },
  'a failure that one promise handles and another does not': {
    source: main(
      'const model = train(1); model.then(use); try { await model; } catch { return 1; } return 2;',
    ),
    outcome: trainFails,
  },
  'an artifact of the run whose value fails, after the function has returned': {
    source: main(`
      const publish = async () => { await train(0); void PipelineDecorator.uploadArtifact('model', train(1)); };
      void publish();`),
    outcome: failsInStep('train_1', { name: 'RangeError', message: 'no data for 1' }),
  },
};

/** Each completes. */
const HANDLED: Programs = {
  'a rejection that is handled after a step': {
    source: main(`
      const early = Promise.reject(new Error('early'));
      await train(0);
      return await early.catch((error) => error.message);`),
    outcome: completes('early'),
  },
  'a helper whose failure is handled while another step runs': {
    source: main(`
      const helper = (async () => { await train(1); })();
      await train(0);
      return await helper.catch((error) => error.name);`),
    outcome: completes('StepFailedError'),
  },
  'the loser of a race that fails': {
    source: main('return await Promise.race([train(0), train(train(0)).then(() => train(1))]);'),
    outcome: completes(0),
  },
  'all settled, one of them failed': {
    source: main(
      'return (await Promise.allSettled([train(0), train(1)])).map(({ status }) => status);',
    ),
    outcome: completes(['fulfilled', 'rejected']),
  },
  'the other failure of Promise.all': {
    source: main(
      "return await Promise.all([train(1), train(2)]).catch((error) => error.step.startsWith('train'));",
    ),
    outcome: completes(true),
  },
  'a tolerated step with a handler of the value only': {
    source: main('tolerated().then(use); return await train(0);'),
    outcome: completes(0),
  },
  'a tolerated step in a helper that is not awaited': {
    source: main('void (async () => { await tolerated(); })(); return await train(0);'),
    outcome: completes(0),
  },
  'a step that its callback skips, with a handler of the value only': {
    source: main('skipped().then(use); return await train(0);'),
    outcome: completes(0),
  },
  'an artifact of the run whose failure is handled': {
    source: main(`
      await PipelineDecorator.uploadArtifact('model', train(1)).catch(() => undefined);
      return 1;`),
    outcome: completes(1),
  },
};

export const UNHANDLED: Programs = { ...FAILING, ...HANDLED };
