import pico from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/model/run.ts';
import type { StepStatus } from '../../../src/model/step.ts';
import type { StatusEvent } from '../../../src/ports/events.ts';
import { drawRun } from '../../../src/view/live-view.ts';
import { PlainView } from '../../../src/view/plain-view.ts';
import { Progress } from '../../../src/view/progress.ts';
import { aHead, anInfo, runId } from '../../conformance/records.ts';

const id = runId(1);
const run: Run = {
  info: { ...anInfo(id), number: 3, createdAt: 0 },
  head: aHead(id, { startedAt: 0 }),
};
const plain = pico.createColors(false);

type Change = Extract<StatusEvent, { kind: 'step' }>;

/** The events of a step that goes through `statuses`, a second each. */
const changes = (call: number, step: string, ...statuses: readonly StepStatus[]): Change[] =>
  statuses.map((status, index) => ({
    kind: 'step',
    run: id,
    call,
    step,
    status,
    previous: statuses[index - 1] ?? null,
    attempt: 1,
    at: 1000 * index,
  }));

const progressOf = (...events: readonly Change[]): Progress => {
  const progress = new Progress();
  for (const event of events) progress.record(event);
  return progress;
};

describe('plain lines', () => {
  const linesOf = (...events: readonly StatusEvent[]): string[] => {
    const lines: string[] = [];
    const view = new PlainView((line) => lines.push(line));
    view.start(run);
    for (const event of events) view.event(event);
    view.stop();
    return lines.slice(1);
  };

  it('the plain view starts with the run', () => {
    const lines: string[] = [];
    new PlainView((line) => lines.push(line)).start(run);
    expect(lines).toEqual([`iris#3 run ${id} of project examples, version 1.0.0`]);
  });

  it('the plain view has one line for each change, with the run, the step and the duration', () => {
    expect(linesOf(...changes(0, 'load', 'pending', 'queued', 'running', 'completed'))).toEqual([
      'iris#3 load queued',
      'iris#3 load running',
      'iris#3 load completed in 1.0 s',
    ]);
  });

  it('the plain view names the running attempt and the reason of a failed one on one line', () => {
    const failed: Change = {
      kind: 'step',
      run: id,
      call: 0,
      step: 'load',
      status: 'failed',
      previous: 'running',
      attempt: 2,
      reason: 'exited with 7\nand more',
      at: 5000,
    };
    expect(
      linesOf(...changes(0, 'load', 'running').map((event) => ({ ...event, attempt: 2 })), failed),
    ).toEqual(['iris#3 load running (attempt 2)', 'iris#3 load failed in 5.0 s: exited with 7']);
  });

  it('the plain view names the run that a step starts', () => {
    const events = changes(0, 'evaluate', 'pending', 'queued', 'running', 'completed');
    const childRun = { run: runId(2), pipeline: 'score', number: 7 };
    expect(
      linesOf(...events.map((event, index) => (index < 2 ? event : { ...event, childRun }))),
    ).toEqual([
      'iris#3 evaluate queued',
      `iris#3 evaluate running (score#7 ${runId(2)})`,
      'iris#3 evaluate completed in 1.0 s',
    ]);
  });

  it('the plain view has the output of the logic, and nothing of other runs', () => {
    expect(
      linesOf(
        { kind: 'log', run: id, level: 'info', text: 'hello', at: 0 },
        { kind: 'log', run: id, level: 'warn', text: 'careful', at: 0 },
        { kind: 'log', run: runId(2), level: 'info', text: 'not mine', at: 0 },
      ),
    ).toEqual(['iris#3 hello', 'iris#3 warn: careful']);
  });
});

describe('the live view of a run', () => {
  const draw = (progress: Progress, size: { columns: number; rows: number }, now = 3000) =>
    drawRun(run, progress, now, size, plain);

  it('the live view names the child run of a step, with its progress while it runs', () => {
    const childRun = { run: runId(2), pipeline: 'score', number: 7 };
    const [running, completed] = changes(0, 'evaluate', 'running', 'completed').map((event) => ({
      ...event,
      childRun,
    }));
    if (running === undefined || completed === undefined) throw new Error('there are two events');
    const progress = progressOf(running);
    const state = () => draw(progress, { columns: 80, rows: 24 })[1]?.slice(2);
    expect(state()).toBe('evaluate  running 3.0 s (score#7)');
    progress.recordChild(0, { status: 'queued', steps: 0, endedSteps: 0 });
    expect(state()).toBe('evaluate  running 3.0 s (score#7, queued)');
    progress.recordChild(0, { status: 'running', steps: 8, endedSteps: 3 });
    expect(state()).toBe('evaluate  running 3.0 s (score#7, 3 of 8 steps)');
    progress.recordChild(0, { status: 'aborting', steps: 8, endedSteps: 7 });
    expect(state()).toBe('evaluate  running 3.0 s (score#7, aborting)');
    progress.record(completed);
    progress.recordChild(0, { status: 'running', steps: 8, endedSteps: 7 });
    expect(state()).toBe('evaluate  completed 1.0 s (score#7)');
  });

  it('the live view has a line for each step while they fit', () => {
    const progress = progressOf(
      ...changes(0, 'load', 'pending', 'queued', 'running', 'completed'),
      ...changes(1, 'train', 'pending', 'queued', 'running'),
    );
    expect(draw(progress, { columns: 80, rows: 24 }).slice(1)).toEqual([
      '✔ load   completed 1.0 s',
      expect.stringMatching(/^\S train {2}running 1\.0 s$/),
      '1/2 steps finished · 1 running · 3.0 s',
    ]);
  });

  it.each([
    ['few', 3],
    ['many', 500],
  ])(
    'the live view never has more or longer lines than the terminal, for %s steps',
    (_title, steps) => {
      const progress = progressOf(
        ...Array.from({ length: steps }, (_, call) =>
          changes(call, `${'long'.repeat(9)}${call % 40}`, 'pending', 'running'),
        ).flat(),
      );
      const lines = draw(progress, { columns: 40, rows: 12 });
      expect(lines.length).toBeLessThan(12);
      expect(lines.slice(1).every((line) => line.length <= 40)).toBe(true);
    },
  );

  it('the live view counts by component when the steps do not fit', () => {
    const progress = progressOf(
      ...changes(0, 'load', 'pending', 'running', 'failed'),
      ...Array.from({ length: 90 }, (_, call) =>
        changes(
          call + 1,
          call === 0 ? 'train' : `train_${call}`,
          ...(call < 30 ? (['pending', 'completed'] as const) : (['pending', 'running'] as const)),
        ),
      ).flat(),
    );
    expect(draw(progress, { columns: 80, rows: 24 }).slice(1, -1)).toEqual([
      '✖ load   1/1, 1 failed',
      expect.stringMatching(/^\S train {2}30\/90, 60 running$/),
    ]);
  });

  it('the live view counts a retried step once', () => {
    const progress = progressOf(
      ...changes(0, 'load', 'pending', 'running', 'failed', 'pending', 'running', 'completed'),
    );
    expect([
      progress.total,
      progress.terminalCount,
      progress.count('failed'),
      progress.count('completed'),
    ]).toEqual([1, 1, 0, 1]);
  });
});
