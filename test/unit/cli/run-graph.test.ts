import { describe, expect, it } from 'vitest';
import { diffRuns } from '../../../src/cli/run-diff.ts';
import { readRunDocument } from '../../../src/cli/run-document.ts';
import { graphText } from '../../../src/cli/run-graph.ts';
import { createColors } from '../../../src/view/terminal-text.ts';
import type { PrintedRun } from '../../../src/wire/printed.ts';
import { aCompletedStep, aStep, runId } from '../../conformance/records.ts';
import { aHome } from './recorded.ts';

/** A run of two steps, the second of which depends on the first. */
async function aDocument(): Promise<PrintedRun> {
  const { source, record } = aHome();
  const run = await record(
    runId(1),
    { pipeline: 'iris' },
    {
      created: [
        aCompletedStep(0, { name: 'load "all"', component: 'load' }),
        aStep(1, { name: 'train <1>', component: 'train' }),
      ],
    },
    {},
  );
  const document = await readRunDocument(source, run);
  const [load, train] = document.steps;
  if (load === undefined || train === undefined) throw new Error('the run has two steps');
  return { ...document, steps: [load, { ...train, parents: [load.name] }] };
}

describe('the graph of a run', () => {
  it('each step stands below the steps on which it depends, and names them', async () => {
    expect(graphText(await aDocument(), 'text', createColors(false))).toBe(`iris#1 queued
load "all" completed
  └ train <1> pending ← load "all"
`);
  });

  it('a step that is a child run names the run, in every format', async () => {
    const document = await aDocument();
    const childRun = { run: runId(2), pipeline: 'evaluate', number: 3 };
    const run = { ...document, steps: document.steps.map((step) => ({ ...step, childRun })) };
    const colors = createColors(false);
    expect(graphText(run, 'text', colors)).toContain('load "all" evaluate#3 completed');
    expect(graphText(run, 'mermaid', colors)).toContain('<br/>evaluate#35;3 completed');
    expect(graphText(run, 'dot', colors)).toContain('(evaluate#3 completed)');
  });

  it('names with quotes and brackets are escaped for Mermaid and Graphviz', async () => {
    const run = await aDocument();
    expect(graphText(run, 'mermaid', createColors(false))).toBe(`flowchart TD
  s0["load #34;all#34;<br/>completed"]
  s1["train #60;1#62;<br/>pending"]
  s0 --> s1
`);
    expect(graphText(run, 'dot', createColors(false))).toContain(
      String.raw`  "load \"all\"" -> "train <1>";`,
    );
  });
});

describe('the differences of two runs', () => {
  it('equal runs have none, and missing parts are null', async () => {
    const run = await aDocument();
    expect(diffRuns(run, run)).toEqual([]);
    const metric = { title: 'loss', series: 'train', step: null };
    const at = '2026-01-01T00:00:00.000Z';
    const other: PrintedRun = {
      ...run,
      args: { ...run.args, depth: 3 },
      result: [1],
      metrics: [
        {
          ...metric,
          points: [
            { iteration: 0, value: 2, at },
            { iteration: 1, value: 1, at },
          ],
        },
      ],
      steps: run.steps.slice(0, 1),
    };
    expect(diffRuns(run, other)).toEqual([
      { part: 'argument', name: 'depth', a: null, b: 3 },
      { part: 'step', name: 'train <1>', a: 'pending', b: null },
      { part: 'result', name: 'value', a: null, b: [1] },
      { part: 'metric', name: 'loss/train', a: null, b: 1 },
    ]);
  });
});
