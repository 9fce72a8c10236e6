import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aProject } from './cli.ts';
import { aServer } from './dev.ts';

const NUMBERS = 40_000;
const SOURCE = `import { component, pipeline } from 'headrace';
import { existsSync } from 'node:fs';
export const fit = component(
  {
    cache: true,
    preExecuteCallback: (run, node, params) => { params.size = (params.rows as number[]).length; },
  },
  (fold: number, rows: number[], size: number) => {
    if (fold === 3 && !existsSync('mended')) throw new Error('not yet');
    return fold + rows.length + size;
  },
);
const logic = async (calls = 8) => {
  const rows = Array.from({ length: ${NUMBERS} }, (_, index) => index / 8);
  return await Promise.all(Array.from({ length: calls }, (_, fold) => fit(fold, rows, 0)));
};
export const main = pipeline({ name: 'main', project: 'tests' }, async (calls = 8) => await logic(calls));
export const outside = pipeline(
  { name: 'outside', project: 'tests', pipelineExecutionQueue: null },
  async (calls = 8) => await logic(calls),
);
`;
const rowsBytes = JSON.stringify(Array.from({ length: NUMBERS }, (_, index) => index / 8)).length;
const sums = (calls: number) => Array.from({ length: calls }, (_, fold) => fold + 2 * NUMBERS);

/** The sizes of the objects that the logic of all runs of the home stored, by run. */
async function objectsOfLogic({
  home,
}: {
  readonly home: string;
}): Promise<Readonly<Record<string, number[]>>> {
  const folder = join(home, 'objects/p/tests/spec');
  const found: Record<string, number[]> = {};
  for (const run of await readdir(folder)) {
    const sizes: number[] = [];
    for (const file of await readdir(join(folder, run)))
      sizes.push((await stat(join(folder, run, file))).size);
    found[run] = sizes;
  }
  return found;
}

describe('an array that the logic passes to many calls', () => {
  it('is stored once per run, also after a resume, and is removed with the run', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const { json, cli, write } = project;
    const failed = await json('run', 'main.ts', '--pipeline', 'main');
    expect(failed).toMatchObject({ code: 1, run: { status: 'failed' } });
    const { id } = failed.run;
    expect(await objectsOfLogic(project)).toEqual({ [id]: [rowsBytes] });
    expect(failed.run.steps[1]?.arguments).toEqual([
      { name: 'fold', value: '1' },
      { name: 'rows', value: `[0,0.125,0.25,0.375,0.5,0.625,0.… ${rowsBytes} bytes` },
      { name: 'size', value: String(NUMBERS), changedFrom: '0' },
    ]);

    await write('mended', '');
    const resumed = await json('runs', 'resume', id);
    expect(resumed.run).toMatchObject({ id, status: 'completed', result: sums(8) });
    const attempts = resumed.run.steps.map((step) => step.attempts.length);
    expect(attempts).toEqual([1, 1, 1, 2, 1, 1, 1, 1]);
    expect(await objectsOfLogic(project)).toEqual({ [id]: [rowsBytes] });

    const again = await json('run', 'main.ts', '--pipeline', 'main');
    expect(again.run).toMatchObject({ status: 'completed', result: sums(8) });
    expect(again.run.steps.map(({ status }) => status)).toEqual(new Array(8).fill('cached'));

    const rerun = await json('runs', 'rerun', id, '--from', 'fit_5');
    expect(rerun.run).toMatchObject({ status: 'completed', result: sums(8) });
    expect(await objectsOfLogic(project)).toEqual({
      [id]: [rowsBytes],
      [again.run.id]: [rowsBytes],
      [rerun.run.id]: [rowsBytes],
    });

    expect(await cli('runs', 'remove', again.run.id)).toMatchObject({ code: 0 });
    expect((await objectsOfLogic(project))[again.run.id] ?? []).toEqual([]);
  });

  it('crosses the API once per answer of a caller that evaluates the logic itself', async () => {
    const { project, home } = await aServer({ 'main.ts': SOURCE, mended: '' });
    for (const pipeline of ['main', 'outside']) {
      const run = ['run', 'main.ts', '--arg', 'calls=30', '--pipeline', pipeline];
      const { code, run: shown } = await project.json(...run);
      expect({ code, result: shown.result }).toEqual({ code: 0, result: sums(30) });
      expect((await objectsOfLogic({ home }))[shown.id]).toEqual([rowsBytes]);
    }
  });
});
