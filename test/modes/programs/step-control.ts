/** Options and callbacks that decide whether, when and with what a step runs. */
import type { RunDocument } from '../../unit/cli/contract.ts';
import { completes, type Outcome, type Programs } from '../program.ts';

const statusesOf = ({ steps }: RunDocument): readonly string[] =>
  steps.map(({ name, status }) => `${name} ${status}`).sort();

const COMPONENTS = `
  const one = component({}, (_input?: unknown) => 1);
  const bad = component({}, (): number => { throw new Error('bad data'); });
  const tolerated = component({ continueOnFail: true }, (): number => { throw new Error('bad data'); });
  const endless = component({}, async () => { await new Promise((resolve) => setTimeout(resolve, 600_000)); });`;

const main = (body: string, options = '', components = COMPONENTS): string =>
  `${components}\n  export const main = pipeline({ name: 'main', project: 'modes', ${options} }, async () => {${body}});`;

const stepFailed = {
  name: 'StepFailedError',
  step: 'bad',
  class: 'HeadraceError',
  fields: { attempts: 1 },
  cause: { name: 'Error', message: 'bad data' },
};

const stopped = (message: string): Outcome => ({
  code: 1,
  status: 'failed',
  error: { ...stepFailed, message },
  records: ['bad failed', 'endless aborted'],
});

export const STEP_CONTROL: Programs = {
  'steps that do not depend on a failed one run, and the run fails': {
    source: main('one(bad()); one(); return 1;'),
    records: statusesOf,
    outcome: {
      code: 1,
      status: 'failed',
      error: { ...stepFailed, message: 'step bad failed: bad data' },
      records: ['bad failed', 'one skipped', 'one_1 completed'],
    },
  },
  'a failure that the component tolerates skips dependent steps, and the run completes': {
    source: main('one(tolerated()); return await one();'),
    records: statusesOf,
    outcome: completes(1, ['one skipped', 'one_1 completed', 'tolerated failed']),
  },
  'with abortOnFailure, a failure aborts the other steps': {
    source: main('bad(); endless(); return 1;', 'abortOnFailure: true'),
    records: statusesOf,
    outcome: stopped('step bad failed, and the pipeline has abortOnFailure'),
    exceptions: {
      // The error is that of the step itself.
      debug: stopped('step bad failed: bad data'),
    },
  },
  'a step starts after the parents that it names, and callbacks see each status': {
    source: main(
      'log.length = 0; const early = last(); first(); await early; return log;',
      '',
      `
  const log: unknown[] = [];
  const watch = (_run: unknown, node: any, previous: string) => void log.push(node.name + ': ' + previous + ' > ' + node.status);
  const first = component({ statusChangeCallback: watch }, () => 1);
  const last = component({ parents: ['first'], statusChangeCallback: watch }, () => 2);`,
    ),
    records: ({ steps }) => steps.map(({ name, parents }) => [name, parents]),
    outcome: completes(
      [
        'first: pending > queued',
        'first: queued > running',
        'first: running > completed',
        'last: pending > queued',
        'last: queued > running',
        'last: running > completed',
      ],
      [
        ['last', ['first']],
        ['first', []],
      ],
    ),
  },
  'a pre-execute callback changes the arguments or skips the step, and a post-execute callback precedes the next step':
    {
      source: main(
        'const skipped = one(vetoed()); const sum = await add(changed(1)); return [sum, log, await skipped.then(() => "ran", (error: Error) => error.name)];',
        '',
        `
  const log: unknown[] = [];
  const one = component({}, (_input?: unknown) => 1);
  const vetoed = component({ preExecuteCallback: () => false }, () => 1);
  const changed = component({
    preExecuteCallback: (_run, node, params) => { log.push('pre ' + node.name + ' ' + params.n); params.n = 40; },
    postExecuteCallback: (_run, node) => { log.push('post ' + node.name + ' ' + node.status); },
  }, (n: number) => n);
  const add = component({ preExecuteCallback: (_run, node) => { log.push('pre ' + node.name); } }, (n: number) => n + 2);`,
      ),
      records: statusesOf,
      outcome: completes(
        [42, ['pre changed 1', 'post changed completed', 'pre add'], 'StepSkippedError'],
        ['add completed', 'changed completed', 'one skipped', 'vetoed skipped'],
      ),
    },
  'an equal call with the option cache has the result of the first': {
    source: main(
      'const first = await draw(1); return [first === await draw(1), first === await draw(2)];',
      '',
      'const draw = component({ cache: true }, (_n: number) => Math.random());',
    ),
    records: statusesOf,
    outcome: completes([true, false], ['draw completed', 'draw_1 cached', 'draw_2 completed']),
    exceptions: {
      // Debug mode executes every call, so that a breakpoint in a step is reached.
      debug: completes([false, false], ['draw completed', 'draw_1 completed', 'draw_2 completed']),
    },
  },
};
