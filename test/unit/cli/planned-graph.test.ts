import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { execute } from '../../../src/cli/main.ts';
import { capturedOutput } from '../../support/captured-output.ts';

// The bundler and the evaluator are loaded and run in this process.
vi.setConfig({ testTimeout: 60_000 });

const SOURCE = `
import { component, pipeline, sleep, waitForSignal } from 'headrace';
const load = component({}, (from: string) => { throw new Error('a step was executed'); });
const split = component({ returnValues: ['a', 'b'] }, (rows: unknown) => [1, 2] as const);
const train = component({}, (rows: unknown, rate: number) => 1);
const report = component({ parents: ['train'] }, () => 1);
export const main = pipeline({ name: 'iris' }, async (from: string, rates: number = 2) => {
  const [first] = split(load(from));
  const fits = Array.from({ length: rates }, (_, n) => train(first, n));
  report();
  await waitForSignal('approve');
  return train(await fits[0], 1);
});
export const waits = pipeline({ name: 'waits' }, async () => {
  const rows = load('a');
  await Promise.race([rows, sleep('5s')]);
});
export const fails = pipeline({ name: 'fails' }, async () => { throw new Error('no data'); });
`;

async function graph(...words: readonly string[]) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-graph-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'main.ts'), SOURCE);
  const { output, printed } = capturedOutput();
  const code = await execute(
    ['node', 'headrace', 'graph', join(folder, 'main.ts'), ...words],
    output,
  );
  return { code, ...printed };
}

it('the graph of a file has the steps before the first wait, and names what the logic waits for', async () => {
  expect(await graph('--pipeline', 'main', '--arg', 'from=a.csv')).toEqual({
    code: 0,
    stdout: `iris planned
load planned
  └ split planned ← load
    └ train planned ← split
    └ train_1 planned ← split
      └ report planned ← train, train_1
`,
    stderr:
      'no step was executed: the logic waits for the signal approve, and steps that it calls afterwards are not in the graph\n',
  });
});

it('the graph of a file names awaited steps and timers', async () => {
  const { code, stderr } = await graph('--pipeline', 'waits');
  expect(code).toBe(0);
  expect(stderr).toContain('the logic waits for a timer of 5.0 s, load, and');
});

it('the graph of a file is drawn for Mermaid and Graphviz', async () => {
  const main = ['--pipeline', 'main', '--arg', 'from=a', '--arg', 'rates=0'];
  expect((await graph(...main, '--format', 'mermaid')).stdout).toContain(
    's0["load<br/>planned"]\n  s1["split<br/>planned"]',
  );
  expect((await graph(...main, '--format', 'dot')).stdout).toContain('digraph "iris" {');
});

it('a missing argument and an error of the logic are reported', async () => {
  const missing = await graph('--pipeline', 'main');
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toContain('argument from is missing');
  const failed = await graph('--pipeline', 'fails');
  expect(failed).toMatchObject({ code: 2, stdout: '' });
  expect(failed.stderr).toContain('the logic failed: no data');
});
