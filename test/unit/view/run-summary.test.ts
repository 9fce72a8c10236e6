import { expect, it } from 'vitest';
import type { ReportSource } from '../../../src/view/run-report.ts';
import { summarise } from '../../../src/view/run-summary.ts';
import { createColors } from '../../../src/view/terminal-text.ts';
import {
  aCompletedStep,
  aModel,
  anAttempt,
  aReport,
  aStep,
  runId,
} from '../../conformance/records.ts';
import { aHome } from '../cli/recorded.ts';

const plain = createColors(false);
const id = runId(1);
type Recorded = ReturnType<typeof aHome>['record'];

async function linesOf(
  content: Parameters<Recorded>[2],
  head: Parameters<Recorded>[3] = { status: 'completed' },
  over: Partial<ReportSource> = {},
): Promise<string[]> {
  const { record, source } = aHome();
  return await summarise({ ...source, ...over }, await record(id, {}, content, head), plain);
}

const aTraining = (call: number, component = 'train') =>
  aCompletedStep(call, {
    name: call === 0 ? component : `${component}_${call}`,
    component,
    attempts: [anAttempt(1)],
    models: [aModel('weights')],
  });

const trainings = {
  created: [0, 1, 2].map((call) => aTraining(call)),
  reports: [0, 1, 2].map((call) => aReport(call, 1, 0, [call])),
};
const publish = `keep a model when the run is removed: headrace models publish ${id} weights --step train`;

it('after several trainings, the commands that find the best one and that keep a model are named', async () => {
  const lines = await linesOf(trainings);
  expect(lines).toContain(
    `find the best of the 3 calls of train (lowest first; with --by max, highest first): headrace runs metrics ${id} --sort loss/train`,
  );
  expect(lines).toContain(publish);
  expect(lines.filter((line) => line.includes('headrace '))).toHaveLength(2);
});

it('after one training, the command that shows its curves is named', async () => {
  const lines = await linesOf({
    created: [aTraining(0)],
    reports: [aReport(0, 1, 0, [3, 2, 1])],
  });
  expect(lines).toContain(`show its metrics: headrace runs metrics ${id}`);
});

it('of components with as many calls, the last one that reported a metric is named', async () => {
  const evaluations = [3, 4, 5].map((call) => ({ ...aTraining(call, 'evaluate'), models: [] }));
  const all = [0, 1, 2, 3, 4, 5];
  const lines = await linesOf({
    created: [...trainings.created, ...evaluations],
    reports: all.map((call) => aReport(call, 1, 0, [call])),
  });
  expect(lines.join('\n')).toContain('the 3 calls of evaluate');
});

it('a model of the run itself is named before those of its steps', async () => {
  const { record, source } = aHome();
  const run = await record(id, {}, trainings, { status: 'completed' });
  const queries = {
    allSteps: source.queries.allSteps.bind(source.queries),
    runArtifacts: async () => [],
    runModels: async () => [aModel('best')],
  };
  expect(await summarise({ ...source, queries }, run, plain)).toContain(
    `keep a model when the run is removed: headrace models publish ${id} best`,
  );
});

it('a run without metrics and models names no command, and one that failed none of these', async () => {
  const without = await linesOf({ created: [aCompletedStep(0, { attempts: [anAttempt(1)] })] });
  const failed = await linesOf(trainings, { status: 'failed' });
  expect(without.join('\n')).not.toContain('headrace ');
  expect(failed.join('\n')).not.toMatch(/runs metrics|models publish/);
});

it('an error of the logic that names a completed step is shown with its position', async () => {
  const location = { file: 'main.ts', line: 14, column: 12 };
  const stack = 'LazyUsedAsValueError: await it\n    at main (main.ts:14:12)';
  const error = {
    name: 'LazyUsedAsValueError',
    message: 'await it',
    step: 'train',
    location,
    stack,
  };
  const lines = await linesOf(
    { created: [aTraining(0)] },
    { status: 'failed', error: { ...error, codeFrame: '> 14 |   return 100 * model;' } },
  );
  expect(lines.join('\n')).toContain('main.ts:14:12');
  expect(lines.join('\n')).toContain('return 100 * model');
});

it('the error of a failed step is shown with the step, without the position of the await', async () => {
  const thrown = (name: string, line: number) => ({
    name,
    message: 'no rows',
    stack: `${name}: no rows\n    at f (a.ts:${line}:1)`,
    location: { file: 'a.ts', line, column: 1 },
  });
  const error = thrown('RangeError', 1);
  const failed = aStep(0, { name: 'load', status: 'failed', error, attempts: [anAttempt(1)] });
  const text = (
    await linesOf(
      { created: [failed] },
      { status: 'failed', error: { ...thrown('StepFailedError', 9), step: 'load' } },
    )
  ).join('\n');
  expect(text.split('a.ts:1:1')).toHaveLength(2);
  expect(text).not.toContain('a.ts:9:1');
});

it('a step that is a child run has the label of its run, and its progress while it is active', async () => {
  const childRun = (number: number) => ({ run: runId(number), pipeline: 'score', number });
  const requested: string[] = [];
  const lines = await linesOf(
    {
      created: [
        { ...aCompletedStep(0, { name: 'ended' }), childRun: childRun(7) },
        { ...aStep(1, { name: 'active', status: 'running' }), childRun: childRun(8) },
      ],
    },
    { status: 'running' },
    {
      childProgress: async (run) => {
        requested.push(run);
        return { status: 'running', steps: 8, endedSteps: 3 };
      },
    },
  );
  const text = lines.join('\n');
  expect(text).toContain(`score#7 (${runId(7)})`);
  expect(text).toContain(`score#8, 3 of 8 steps (${runId(8)})`);
  expect(requested).toEqual([runId(8)]);
});
