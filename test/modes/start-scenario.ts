/**
 * Starting runs without their source, and finding runs: the same commands with the same outcomes on
 * this machine, behind `headrace dev` and in emulated AWS.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Project } from '../e2e/cli.ts';
import { expectRefusal } from '../e2e/cli.ts';

export const START_SOURCE = `
import { component, pipeline } from 'headrace';

export const load = component({ returnValues: ['rows'] }, (url: string, count: number) =>
  Array.from({ length: count }, (_, i) => url + i));
export const train = component({ cache: true, returnValues: ['model'] }, (rows: string[], depth: number) =>
  ({ size: rows.length, depth }));
/**
 * @param url The address of the data.
 * @param depth The depth of the trees.
 */
export const iris = pipeline(
  { name: 'iris', project: 'demo', tags: ['flowers'], argsMap: { Training: ['depth', 'mode'] } },
  async (url: string, count = 3, depth = 4, mode: 'fast' | 'exact' = 'fast') =>
    ({ ...(await train(load(url, count), depth)), mode }),
);
`;

/** A tag of a run in AWS is changed by the next turn of its controller. */
const POLL = { timeout: 60_000, interval: 500 };

const runs = z.array(
  z.looseObject({ id: z.string(), number: z.number(), tags: z.array(z.string()) }),
);

const differencesSchema = z.object({
  differences: z.array(z.object({ part: z.string(), name: z.string(), a: z.json(), b: z.json() })),
});

/**
 * @param project its file `iris.ts` has the source above
 * @param target options that choose the target
 */
export async function expectStartsWithoutSource(
  { folder, cli, json }: Project,
  target: readonly string[] = [],
): Promise<void> {
  const first = await json('run', 'iris.ts', '--arg', 'url=a', '--tag', 'first', ...target);
  expect(first.run).toMatchObject({ status: 'completed', tags: ['flowers', 'first'] });
  await rm(join(folder, 'iris.ts'));

  const help = await cli('start', 'demo/iris', '--help', ...target);
  expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' });
  expect(help.stdout).toBe(`Usage: headrace start demo/iris --arg name=value …

Pipeline demo/iris, version 1.0.0

Parameters:
  Args:
    url: string                      The address of the data.
    count: number = 3
  Training:
    depth: number = 4                The depth of the trees.
    mode: "fast" | "exact" = 'fast'

Options: headrace start --help
`);

  const started = await json(
    ...['start', 'iris@1.0', '--arg', 'url=b', '--arg', 'Training/depth=9', '--tag', 'deep'],
    ...['--tag', 'flowers', ...target],
  );
  expect({ code: started.code, stderr: started.stderr }).toEqual({ code: 0, stderr: '' });
  expect(started.run).toMatchObject({
    pipeline: 'iris',
    project: 'demo',
    version: '1.0.0',
    number: 2,
    tags: ['flowers', 'deep'],
    args: { url: 'b', count: 3, depth: 9, mode: 'fast' },
    result: { size: 3, depth: 9, mode: 'fast' },
  });

  const again = await json(
    ...['start', 'demo/iris', '--from-run', started.run.id, '--arg', 'mode=exact', ...target],
  );
  expect(again.run).toMatchObject({
    number: 3,
    tags: ['flowers'],
    args: { url: 'b', count: 3, depth: 9, mode: 'exact' },
    steps: [{ status: 'completed' }, { status: 'cached' }],
  });

  const rerun = await json(
    ...['runs', 'rerun', again.run.id, '--from', 'train', '--arg', 'depth=2', '--no-cache'],
    ...['--tag', 'shallow', ...target],
  );
  expect({ code: rerun.code, stderr: rerun.stderr }).toEqual({ code: 0, stderr: '' });
  expect(rerun.run).toMatchObject({
    tags: ['flowers', 'shallow'],
    args: { url: 'b', count: 3, depth: 2, mode: 'exact' },
    result: { size: 3, depth: 2, mode: 'exact' },
  });
  // The call of load is adopted with its attempt; the call of train has another argument.
  expect(rerun.run.steps[0]?.attempts).toEqual(again.run.steps[0]?.attempts);
  expect(rerun.run.steps.map(({ name, status }) => [name, status])).toEqual([
    ['load', 'completed'],
    ['train', 'completed'],
  ]);

  const refusals: Readonly<Record<string, string>> = {
    'there is no pipeline "demo/irs": did you mean demo/iris?': 'demo/irs',
    'has no version "2": it has 1.0.0': 'demo/iris@2',
  };
  for (const [message, text] of Object.entries(refusals))
    expectRefusal(await cli('start', text, ...target), message);

  const numbers = async (...filter: readonly string[]) => {
    const { stdout, stderr } = await cli('runs', 'list', ...filter, '--json', ...target);
    expect(stderr).toBe('');
    return runs.parse(JSON.parse(stdout)).map(({ number }) => number);
  };
  expect(await numbers()).toEqual([4, 3, 2, 1]);
  expect(await numbers('--tag', 'flowers', '--limit', '3')).toEqual([4, 3, 2]);
  expect(await numbers('--tag', 'deep')).toEqual([2]);
  expect(await numbers('--project', 'dem', '--tag', 'flowers')).toEqual([]);
  await cli('runs', 'tag', 'demo/iris#2', '--add', 'best', '--remove', 'deep', ...target);
  await expect.poll(() => numbers('--tag', 'best'), POLL).toEqual([2]);
  await expect.poll(() => numbers('--tag', 'deep'), POLL).toEqual([]);

  const idOf = async (text: string) => (await json('runs', 'show', text, ...target)).run.id;
  expect(await idOf('iris#1')).toBe(first.run.id);
  expect(await idOf('demo/iris#3')).toBe(again.run.id);
  expect(await idOf('iris#latest')).toBe(rerun.run.id);
  expect(await idOf(again.run.id.slice(0, -1).toUpperCase())).toBe(again.run.id);
  expectRefusal(
    await cli('runs', 'show', 'demo/iris#9', ...target),
    'pipeline demo/iris has no run #9',
  );

  const diff = await cli('runs', 'diff', 'iris#2', 'iris#3', '--json', ...target);
  const { differences } = differencesSchema.parse(JSON.parse(diff.stdout));
  expect(differences).toEqual(
    expect.arrayContaining([
      { part: 'argument', name: 'mode', a: 'fast', b: 'exact' },
      { part: 'result', name: 'mode', a: 'fast', b: 'exact' },
    ]),
  );
  expect(differences.filter(({ name }) => name === 'depth' || name === 'url')).toEqual([]);
  const graph = await cli('graph', 'iris#1', '--format', 'dot', ...target);
  expect(graph.stdout).toBe(`digraph "iris#1" {
  node [shape=box];
  "load" [label="load (completed)"];
  "train" [label="train (completed)"];
  "load" -> "train";
}
`);

  const list = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await cli(...args, '--json', ...target)).stdout);
  expect(await list('pipelines', 'list')).toEqual([
    { project: 'demo', name: 'iris', latest: '1.0.0' },
  ]);
  expect(await list('pipelines', 'show', 'iris')).toMatchObject({
    version: '1.0.0',
    components: [{ name: 'load' }, { name: 'train' }],
  });
  expect(await list('versions', 'list', 'demo/iris')).toMatchObject([{ version: '1.0.0' }]);
  expect(await list('queues', 'list')).toMatchObject([{ name: 'default' }]);
}
