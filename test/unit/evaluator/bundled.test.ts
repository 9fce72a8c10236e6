import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compile } from '../../../src/submit/compile.ts';
import { completed, HandRun, runInfo } from './logic.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-evaluator-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a run of the only pipeline in a source file, bundled as for a real run. */
async function runOf(
  source: string,
  args: Record<string, never | string | number> = {},
): Promise<HandRun> {
  writeFileSync(join(folder, 'package.json'), '{ "name": "sample", "type": "module" }');
  const file = join(folder, 'pipeline.ts');
  writeFileSync(file, source);
  const { code, texts } = await compile({ file });
  const run = HandRun.of(runInfo({ args, code }), texts.get(code.logic.key) ?? '');
  await run.advance();
  return run;
}

test('the evaluator runs the bundle of a source file', async () => {
  const run = await runOf(
    `
    import { component, PipelineDecorator, pipeline } from 'headrace';
    import { join } from 'node:path';
    import * as assert from 'node:assert';
    let best = 0;
    /** Trains. */
    const train = component(
      { returnValues: ['model', 'score'], postExecuteCallback: (run, node) => { best = Math.max(best, node.attempt); } },
      async ({ rate, seed = 1 }: { rate: number; seed?: number }): Promise<[string, number]> => [String(rate), seed],
    );
    export const search = pipeline({ name: 'search', project: 'tests' }, async (rates: number[], folder = 'out') => {
      const scores: number[] = [];
      for (const rate of rates) {
        const [model, score] = train({ rate });
        scores.push(await score);
        await PipelineDecorator.uploadArtifact('model', { model });
      }
      assert.ok(scores.length === rates.length);
      return { scores, best, path: join(folder, 'x'), host: new URL('https://example.org/a').host, copy: structuredClone({ deep: new Set([1]) }) };
    });
    `,
    { rates: [0.1, 0.2] as never },
  );
  expect(run.of('call')).toMatchObject([
    { component: 'train', args: { data: { text: '[{"rate":0.1}]' } }, awaited: true },
  ]);
  expect(run.of('declare')).toMatchObject([
    {
      component: {
        id: 'pipeline.ts#train',
        returnValues: ['model', 'score'],
        callbacks: ['postExecute'],
      },
    },
  ]);
  await run.after(completed(0, 'a', 0.5));
  const node = {
    name: 'train_1',
    component: 'train',
    status: 'completed',
    attempt: 3,
    parents: [],
    executionQueue: 'q',
    artifacts: [],
    models: [],
  } as const;
  await run.after(
    { kind: 'callback', call: 1, component: 'train', node, input: { kind: 'postExecute' } },
    completed(1, 'b', 0.75),
  );
  expect(run.of('artifact').map(({ value }) => value.text)).toEqual([
    '{"model":"a"}',
    '{"model":"b"}',
  ]);
  expect(run.returned).toEqual({
    scores: [0.5, 0.75],
    best: 3,
    path: 'out/x',
    host: 'example.org',
    copy: { deep: new Set([1]) },
  });
  expect(await run.advance(run.freshEvaluator())).toEqual([]);
});

test('import() in the logic is inlined if its path is constant, and otherwise throws an error with advice', async () => {
  writeFileSync(join(folder, 'shared.ts'), 'export const twice = (x: number) => 2 * x;');
  const source = (body: string) =>
    `import { component, pipeline } from 'headrace'; const a = component({}, (x: number) => x); export const main = pipeline({}, async (name = './shared.ts') => { ${body} });`;
  const inlined = await runOf(
    source("const { twice } = await import('./shared.ts'); return twice(21);"),
  );
  expect(inlined.returned).toBe(42);
  const dynamic = await runOf(source('await a(1).then; return (await import(name)).twice(21);'));
  expect(dynamic.threw).toMatchObject({
    name: 'NotInLogicError',
    message: expect.stringContaining('component'),
  });
});

test.each([
  ['required', `const { inner } = require('./lib.cjs');`],
  ['imported', `import { inner } from './lib.cjs';`],
])('a pipeline of a CommonJS module that is %s is refused with the remedy', async (_, line) => {
  writeFileSync(
    join(folder, 'lib.cjs'),
    `const { component, pipeline } = require('headrace');
    const twice = component({ returnValues: ['n'] }, function twice(n) { return 2 * n; });
    const inner = pipeline({ name: 'inner', project: 'tests' }, async function inner(n = 2) { return await twice(n); });
    module.exports = { inner };`,
  );
  const run = await runOf(`
    import { pipeline } from 'headrace';
    ${line}
    export const outer = pipeline({ name: 'outer', project: 'tests' }, async () => {
      try { return await inner(3); } catch (error) { return [error.name, error.reason, error.message]; }
    });
  `);
  expect(run.of('call')).toEqual([]);
  expect(run.returned).toEqual([
    'NestedPipelineError',
    'declaration',
    expect.stringMatching(/CommonJS module.*constant of its own in an ES module/),
  ]);
});
