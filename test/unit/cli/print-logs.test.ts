import { expect, it } from 'vitest';
import { createLogPrinter } from '../../../src/cli/log-printer.ts';
import { type LogSource, printLogs } from '../../../src/cli/print-logs.ts';
import { NotFoundError } from '../../../src/launch/errors.ts';
import { outputTo } from '../../../src/program-client/text-output.ts';
import { createColors } from '../../../src/view/terminal-text.ts';
import { aFeed, type State, stepWith } from '../launch/watch/feed.ts';

const never = new Promise<never>(() => undefined);

interface Options {
  readonly step?: string;
  readonly attempt?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly tail?: number;
  readonly search?: string;
  readonly until?: Promise<unknown>;
}

/** Prints the logs of a run whose state each poll changes. */
async function logsOf(onPoll: (state: State, poll: number) => void, options: Options = {}) {
  const feed = aFeed(onPoll);
  let text = '';
  const output = outputTo(async (written) => {
    text += String(written);
  });
  const source: LogSource = {
    feed,
    log: feed.log,
    named: async (name) => feed.state.steps.filter((step) => step.name === name),
    unknown: async (name) => new NotFoundError(`no step ${name}`),
    attempts: async ({ attempts }) => attempts,
    async texts({ call }) {
      feed.requests.push(`reported ${call}`);
      return (feed.state.logs[`reported ${call}`] ?? []).map((line) => ({
        attempt: 1,
        text: line,
        at: 0,
      }));
    },
  };
  const outcome = await printLogs(source, createLogPrinter(options, output), {
    ...options,
    layout: { colors: createColors(false), columns: undefined },
    until: options.until ?? never,
  });
  return { outcome, text, lines: text.split('\n').slice(0, -1), feed };
}

const failed = (call: number) => ({
  ...stepWith(call, 'failed'),
  attempts: [
    { ...stepWith(call, 'failed').attempts[0], error: { name: 'Error', message: 'boom' } },
  ],
});

const aFailedRun = (state: State): void => {
  state.status = 'failed';
  state.texts = ['of the logic'];
  state.steps = [stepWith(0, 'completed'), Object.assign(stepWith(1, 'failed'), failed(1))];
  state.logs = { '0 1': ['a', 'b', 'c'], '1 1': ['d'], 'reported 0': ['said'] };
  state.complete = new Set(['0 1', '1 1']);
};

it('logs of a run are printed below headers, in the order of calls', async () => {
  const { lines, outcome } = await logsOf(aFailedRun);
  expect(outcome).toBe('finished');
  expect(lines).toEqual([
    '==> logic <==',
    'of the logic',
    '==> step_0, attempt 1 <==',
    'a',
    'b',
    'c',
    '==> step_0, attempt 1, reported <==',
    '1970-01-01T00:00:00.000Z said',
    '==> step_1, attempt 1 <==',
    'd',
    '==> step_1, attempt 1, error <==',
    'Error: boom',
  ]);
});

it('with --json, each line is one object with step, attempt, time, stream and text', async () => {
  const { lines } = await logsOf(aFailedRun, { json: true });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      step: null,
      attempt: null,
      time: '1970-01-01T00:00:00.001Z',
      stream: 'output',
      text: 'of the logic',
    },
    ...['a', 'b', 'c'].map((text) => ({
      step: 'step_0',
      attempt: 1,
      time: null,
      stream: 'output',
      text,
    })),
    {
      step: 'step_0',
      attempt: 1,
      time: '1970-01-01T00:00:00.000Z',
      stream: 'reported',
      text: 'said',
    },
    { step: 'step_1', attempt: 1, time: null, stream: 'output', text: 'd' },
    { step: 'step_1', attempt: 1, time: null, stream: 'error', text: 'Error: boom' },
  ]);
});

it('with --follow, lines of several steps have their step, and each line is printed once', async () => {
  const { lines, outcome } = await logsOf(
    (state, poll) => {
      if (poll === 1) {
        state.steps = [stepWith(0, 'running'), stepWith(1, 'running')];
        state.logs = { '0 1': ['a'], '1 1': ['b'] };
      }
      if (poll === 3) state.logs = { '0 1': ['a', 'c'], '1 1': ['b'] };
      if (poll === 5) {
        state.status = 'completed';
        state.steps = [stepWith(0, 'completed'), stepWith(1, 'completed')];
        state.logs = { '0 1': ['a', 'c'], '1 1': ['b', 'last'], 'reported 1': ['said'] };
        state.complete = new Set(['0 1', '1 1']);
      }
    },
    { follow: true },
  );
  expect(outcome).toBe('finished');
  expect(lines).toEqual([
    'step_0 | a',
    'step_1 | b',
    'step_0 | c',
    'step_1 | last',
    'step_1 | said',
  ]);
});

it('while a followed run does not change, its steps and texts are not read again', async () => {
  const { feed } = await logsOf(
    (state, poll) => {
      if (poll === 1) state.steps = [stepWith(0, 'running'), stepWith(1, 'completed')];
      if (poll === 1) state.complete = new Set(['1 1']);
      if (poll === 20) state.status = 'completed';
      if (poll === 20) state.complete.add('0 1');
    },
    { follow: true },
  );
  expect(feed.requests.filter((name) => name.startsWith('steps'))).toHaveLength(2);
  expect(feed.requests.filter((name) => name === 'reported 1')).toHaveLength(1);
  expect(feed.requests.filter((name) => name === 'log 1 1')).toHaveLength(1);
});

const endsAtThird = (state: State, poll: number): void => {
  if (poll === 3) state.status = 'completed';
};

it('a step that a followed run calls later is awaited, and one that it never calls is an error', async () => {
  const late = await logsOf(
    (state, poll) => {
      if (poll !== 3) return;
      state.steps = [stepWith(0, 'completed')];
      state.logs = { '0 1': ['late'] };
      state.complete = new Set(['0 1']);
      state.status = 'completed';
    },
    { follow: true, step: 'step_0' },
  );
  expect(late.lines).toEqual(['step_0 | late']);
  await expect(logsOf(endsAtThird, { follow: true, step: 'x' })).rejects.toThrow('no step x');
  await expect(logsOf(aFailedRun, { attempt: 7 })).rejects.toThrow('had an attempt 7');
});

it('following stops when it is interrupted, and when no process moves the run', async () => {
  const stopped = await logsOf(() => undefined, { follow: true, until: Promise.resolve() });
  expect(stopped.outcome).toBe('interrupted');
  const abandoned = await logsOf(
    (state, poll) => {
      state.isAlive = poll < 3;
    },
    { follow: true },
  );
  expect(abandoned.outcome).toBe('abandoned');
});

it('--tail prints the last lines of each attempt, and reads nothing before them', async () => {
  const { lines, feed } = await logsOf(aFailedRun, { tail: 2 });
  expect(lines).toContain('c');
  expect(lines.slice(2, 5)).toEqual(['==> step_0, attempt 1 <==', 'b', 'c']);
  expect(feed.requests.filter((request) => request === 'log 0 1')).toHaveLength(1);
});

it('--search prints the lines with the text, of the logic, of steps and of errors', async () => {
  const { lines } = await logsOf(aFailedRun, { search: 'BOOM' });
  expect(lines).toEqual(['==> step_1, attempt 1, error <==', 'Error: boom']);
  expect((await logsOf(aFailedRun, { search: 'logic' })).lines).toEqual([
    '==> logic <==',
    'of the logic',
  ]);
  expect((await logsOf(aFailedRun, { search: 'B' })).lines).toEqual([
    '==> step_0, attempt 1 <==',
    'b',
    '==> step_1, attempt 1, error <==',
    'Error: boom',
  ]);
  expect((await logsOf(aFailedRun, { search: 'b', tail: 1 })).lines).toContain('b');
});
