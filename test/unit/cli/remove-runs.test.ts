import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { RemoveCommandOptions } from '../../../src/cli/option-types.ts';
import { type RemovableRuns, removeRuns } from '../../../src/cli/remove-runs.ts';
import type { Output } from '../../../src/view/output.ts';
import { createColors } from '../../../src/view/terminal-text.ts';
import type { RunListItem } from '../../../src/view/view-models.ts';
import { runId } from '../../conformance/records.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A run that ended so many days ago. */
const aRun = (
  number: number,
  status: RunListItem['head']['status'],
  endedDaysAgo: number,
): RunListItem => ({
  info: {
    id: runId(number),
    pipeline: 'iris',
    project: 'tests',
    version: '1.0.0',
    number,
    createdAt: Date.now() - 100 * DAY_MS,
  },
  head: {
    status,
    tags: [],
    startedAt: 0,
    endedAt: status === 'running' ? null : Date.now() - endedDaysAgo * DAY_MS,
  },
});

const RUNS = [
  aRun(4, 'running', 0),
  aRun(3, 'failed', 1),
  aRun(2, 'completed', 40),
  aRun(1, 'failed', 50),
];

/** Removes runs of a store with four runs. @param answer what is typed on the terminal */
async function remove(
  texts: readonly string[],
  options: Partial<RemoveCommandOptions>,
  answer?: string,
) {
  const removed: number[] = [];
  const store: RemovableRuns = {
    named: async (text) => {
      const run = RUNS.find(({ info }) => `iris#${info.number}` === text);
      if (run === undefined) throw new Error(`no run ${text}`);
      return run;
    },
    async *matching({ status }) {
      yield* RUNS.filter(({ head }) => status === undefined || head.status === status);
    },
    remove: async ({ info }) => void removed.push(info.number),
  };
  const lines: string[] = [];
  const output: Output = {
    write: async (text) => void lines.push(String(text)),
    note: (line) => void lines.push(`${line}\n`),
    outIsTerminal: false,
    errIsTerminal: false,
    stdout: process.stdout,
    stderr: process.stderr,
    colors: createColors(false),
    columns: undefined,
    flush: async () => undefined,
  };
  const isTTY = answer !== undefined;
  const input = Object.assign(new PassThrough(), { isTTY });
  const shown = Object.assign(new PassThrough(), { isTTY });
  shown.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('[y/N]')) input.end(answer === undefined ? '' : `${answer}\n`);
  });
  const exit = await removeRuns(store, texts, options, output, { input, output: shown }).catch(
    (error: Error) => error.message,
  );
  return { exit, removed, text: lines.join('') };
}

it('several named runs are removed without a confirmation, each once', async () => {
  const { exit, removed } = await remove(['iris#3', 'iris#1', 'iris#3'], {});
  expect({ exit, removed }).toEqual({ exit: 0, removed: [3, 1] });
});

it('if one of the named runs has not ended, none is removed', async () => {
  const { exit, removed } = await remove(['iris#3', 'iris#4'], {});
  expect(exit).toContain('is running: abort it first');
  expect(removed).toEqual([]);
});

it('a filter removes the runs that match and have ended, after a confirmation', async () => {
  const { removed, text } = await remove([], { status: 'failed' }, 'y');
  expect(removed).toEqual([3, 1]);
  expect(text).toContain('removed 2 runs');
});

it('--older-than counts from the end of a run, and a run that has not ended is kept', async () => {
  expect(await remove([], { olderThan: '30d', yes: true })).toMatchObject({ removed: [2, 1] });
  expect(await remove([], { olderThan: '1s', yes: true })).toMatchObject({ removed: [3, 2, 1] });
  expect((await remove([], { olderThan: 'soon', yes: true })).exit).toContain('is no duration');
});

it.each(['n', '', 'no'])('the answer %j removes nothing', async (answer) => {
  const { removed, text } = await remove([], { status: 'failed' }, answer);
  expect(removed).toEqual([]);
  expect(text).toContain('nothing is removed');
});

it('without a terminal, a filter needs --yes', async () => {
  const { exit, removed } = await remove([], { status: 'failed' });
  expect(exit).toBe('2 runs would be removed: confirm it with --yes, or list them with --dry-run');
  expect(removed).toEqual([]);
});

it('--dry-run lists what would be removed, and removes nothing', async () => {
  const { removed, text } = await remove([], { status: 'failed', dryRun: true });
  expect(removed).toEqual([]);
  expect(text).toContain('iris#3');
  expect(text).toContain('would remove 2 runs');
  const json = await remove([], { status: 'failed', dryRun: true, json: true });
  expect(JSON.parse(json.text)).toEqual({ dryRun: true, runs: [runId(3), runId(1)] });
});

it.each([
  [['iris#3'], { status: 'failed' }, 'but not both'],
  [[], {}, 'no runs are named'],
])('runs %j with the options %j are refused', async (texts, options, message) => {
  const { exit, removed } = await remove(texts, options);
  expect(exit).toContain(message);
  expect(removed).toEqual([]);
});
