import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aProject, expectRefusal, statusesOf } from './cli.ts';

const SOURCE = `
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactFile, component, currentStep, pipeline, PipelineDecorator } from 'headrace';
import { shared } from './shared.ts';

export const make = component({ returnValues: ['data', 'odd', 'bytes', 'large', 'file', 'folder'] }, async () => {
  const step = currentStep();
  const folder = join(step.temporaryDirectory, 'parts');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.txt'), 'in the folder');
  const file = join(step.temporaryDirectory, 'table.csv');
  writeFileSync(file, 'a,b');
  await step.uploadArtifact('extra', { more: true }, { metadata: { rows: 2 } });
  await step.uploadModel('weights', file);
  await PipelineDecorator.uploadArtifact('onRun', [7]);
  return [{ rows: [1, 2] }, new Map([['when', new Date(0)]]), Buffer.from([0, 1, 255]), Buffer.alloc(10000, 7), new ArtifactFile(file), new ArtifactFile(folder)];
});
export const cached = component({ cache: true, returnValues: ['value'] }, (n: number) => shared(n));
export const other = component({ cache: true, returnValues: ['value'] }, (n: number) => n + 100);
export const noisy = component({ retryOnFailure: 1, retryBackoff: { initialSeconds: 0 } }, () => {
  console.log('out of attempt', currentStep().attempt);
  console.error('err of attempt', currentStep().attempt);
  currentStep().logger.reportText('reported by noisy');
  if (currentStep().attempt === 1) throw new Error('once');
});
export const main = pipeline({ name: 'main', project: 'tests' }, async () => { await make(); });
export const caching = pipeline({ name: 'caching', project: 'tests' }, async (n: number) => [await cached(n), await other(n)]);
export const talking = pipeline({ name: 'talking', project: 'tests' }, async () => { await noisy(); });
`;
const SHARED = 'export const shared = (n: number) => n + 1;\n';
const FILES = { 'main.ts': SOURCE, 'shared.ts': SHARED };

describe('headrace artifacts', () => {
  it('artifacts get prints and writes values of every kind', async () => {
    const { cli, json, folder } = await aProject(FILES);
    const { code, run } = await json('run', 'main.ts', '--pipeline', 'main');
    expect(code).toBe(0);
    expect(run.steps[0]?.artifacts.map(({ name, type }) => `${name} ${type}`).sort()).toEqual([
      'bytes cbor',
      'data json',
      'extra json',
      'file file',
      'folder folder',
      'large bytes',
      'odd cbor',
    ]);
    expect(run.steps[0]?.artifacts.find(({ name }) => name === 'extra')?.metadata).toEqual({
      rows: 2,
    });
    expect(run.steps[0]?.models).toMatchObject([{ name: 'weights', size: 3 }]);
    expect(run.artifacts).toMatchObject([{ name: 'onRun', preview: '[7]' }]);

    const get = async (...args: string[]) => await cli('artifacts', 'get', 'latest', ...args);
    expect(await get('make', 'data')).toEqual({ code: 0, stdout: '{"rows":[1,2]}\n', stderr: '' });
    expect(JSON.parse((await get('make', 'odd')).stdout)).toEqual({
      $type: 'Map',
      entries: [['when', { $type: 'Date', value: '1970-01-01T00:00:00.000Z' }]],
    });
    expect((await get('make', 'file')).stdout).toBe('a,b');
    expect((await get('make', 'weights')).stdout).toBe('a,b');
    expect((await get('onRun')).stdout).toBe('[7]\n');

    expect((await get('make', 'bytes', '-o', 'out/b.bin')).code).toBe(0);
    expect([...(await readFile(join(folder, 'out/b.bin')))]).toEqual([0, 1, 255]);
    expect((await get('make', 'large', '-o', 'out/l.bin')).code).toBe(0);
    expect((await readFile(join(folder, 'out/l.bin'))).equals(Buffer.alloc(10_000, 7))).toBe(true);
    expect((await get('make', 'file', '-o', 'out')).code).toBe(0);
    expect(await readFile(join(folder, 'out/table.csv'), 'utf8')).toBe('a,b');
    expect((await get('make', 'folder', '-o', 'unpacked')).code).toBe(0);
    expect(await readdir(join(folder, 'unpacked'), { recursive: true })).toContain('a.txt');
    expect((await get('make', 'data', '-o', 'data.json')).code).toBe(0);
    expect(JSON.parse(await readFile(join(folder, 'data.json'), 'utf8'))).toEqual({ rows: [1, 2] });

    expectRefusal(await get('make', 'nope'), '"nope"', 'data, odd');
    expectRefusal(await get('nope', 'data'), '"nope"');
    const list = z
      .array(z.looseObject({ step: z.string().nullable(), kind: z.string(), name: z.string() }))
      .parse(JSON.parse((await cli('artifacts', 'list', '--json')).stdout));
    expect(list[0]).toMatchObject({ step: null, kind: 'artifact', name: 'onRun' });
    expect(list.filter(({ kind }) => kind === 'model')).toMatchObject([
      { step: 'make', name: 'weights' },
    ]);

    await rm(join(folder, '.headrace/objects'), { recursive: true });
    const missing = await get('make', 'large');
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/^error: .*is not in the store/);
  });
});

describe('headrace cache', () => {
  const keys = z.array(z.looseObject({ key: z.string(), component: z.string(), step: z.string() }));

  it('cache list shows entries, cache clear removes them, and --no-cache ignores them', async () => {
    const { cli, json } = await aProject(FILES);
    const run = async (...args: string[]) =>
      statusesOf(
        (await json('run', 'main.ts', '--pipeline', 'caching', '--arg', 'n=1', ...args)).run,
      );
    expect(await run()).toEqual(['cached completed', 'other completed']);
    expect(await run()).toEqual(['cached cached', 'other cached']);
    expect(await run('--no-cache')).toEqual(['cached completed', 'other completed']);
    const entries = keys.parse(JSON.parse((await cli('cache', 'list', '--json')).stdout));
    expect(entries.map(({ component }) => component).sort()).toEqual(['cached', 'other']);
    expect((await cli('cache', 'clear', '--component', 'other')).stdout).toBe('removed 1 entry\n');
    expect(await run()).toEqual(['cached cached', 'other completed']);
    expect(
      (
        await cli(
          'cache',
          'clear',
          '--key',
          entries.find(({ component }) => component === 'cached')?.key.slice(0, 16) ?? '',
        )
      ).stdout,
    ).toBe('removed 1 entry\n');
    expect((await cli('cache', 'clear', '--json')).stdout).toBe('{"removed":1}\n');
    expect((await cli('cache', 'list')).stdout).toBe('no entries\n');
  });

  it('a cached step names the run and step of its result', async () => {
    const { json } = await aProject(FILES);
    const first = await json('run', 'main.ts', '--pipeline', 'caching', '--arg', 'n=1');
    const second = await json('run', 'main.ts', '--pipeline', 'caching', '--arg', 'n=1');
    expect(second.run.steps[0]).toMatchObject({
      status: 'cached',
      cachedFrom: { run: first.run.id, step: 'cached' },
      cacheKey: first.run.steps[0]?.cacheKey,
    });
  });
});

describe('headrace bundle', () => {
  const report = z.object({
    hash: z.string(),
    components: z.array(
      z.object({
        name: z.string(),
        hash: z.string(),
        modules: z.array(z.object({ file: z.string() })),
      }),
    ),
  });

  it('bundle shows which components a change affects', async () => {
    const { cli, write } = await aProject(FILES);
    const readReport = async () =>
      report.parse(
        JSON.parse((await cli('bundle', 'main.ts', '--pipeline', 'caching', '--json')).stdout),
      );
    const hashes = (of: z.infer<typeof report>) =>
      Object.fromEntries(of.components.map(({ name, hash }) => [name, hash]));
    const before = await readReport();
    expect(Object.keys(hashes(before)).sort()).toEqual(['cached', 'other']);
    expect(
      before.components.find(({ name }) => name === 'cached')?.modules.map(({ file }) => file),
    ).toContain('shared.ts');
    await write('shared.ts', SHARED.replace('n + 1', 'n + 2'));
    const after = await readReport();
    expect(after.hash).not.toBe(before.hash);
    expect(hashes(after).cached).not.toBe(hashes(before).cached);
    expect(hashes(after).other).toBe(hashes(before).other);
  });

  it('bundle prints text without --json', async () => {
    const { cli } = await aProject(FILES);
    const { code, stdout } = await cli('bundle', 'main.ts', '--pipeline', 'caching');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cached main\.ts#cached\n {2}hash {5}[0-9a-f]{64}/m);
  });
});

describe('headrace runs logs', () => {
  it('runs logs prints the output of each attempt and reported texts', async () => {
    const { cli, json } = await aProject(FILES);
    await json('run', 'main.ts', '--pipeline', 'talking');
    const { code, stdout } = await cli('runs', 'logs');
    expect(code).toBe(0);
    expect(stdout.indexOf('==> noisy, attempt 1 <==')).toBeLessThan(
      stdout.indexOf('==> noisy, attempt 2 <=='),
    );
    for (const line of [
      'out of attempt 1',
      'err of attempt 1',
      'out of attempt 2',
      'reported by noisy',
    ])
      expect(stdout).toContain(line);
    const second = await cli('runs', 'logs', 'latest', '--step', 'noisy', '--attempt', '2');
    expect(second.stdout).toContain('out of attempt 2');
    expect(second.stdout).not.toContain('out of attempt 1');
    expectRefusal(await cli('runs', 'logs', 'latest', '--step', 'nope'), '"nope"');
    expectRefusal(await cli('runs', 'logs', 'latest', '--attempt', '9'), 'attempt 9');
  });

  it('runs logs --follow prints until the run is finished', async () => {
    const waiting = `
      import { existsSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      import { component, pipeline } from 'headrace';
      export const waits = component({}, async () => { console.log('waiting'); while (!existsSync('go')) await delay(20); console.log('gone'); });
      export const main = pipeline({ name: 'main' }, async () => { await waits(); });`;
    const { start, write } = await aProject({ 'main.ts': waiting });
    const run = start('run', 'main.ts');
    await run.printed('waits running');
    const following = start('runs', 'logs', '--follow');
    await following.printed('waiting');
    await write('go', '');
    const { code, stdout } = await following.ended;
    expect(code).toBe(0);
    expect(stdout).toBe('waits | waiting\nwaits | gone\n');
    expect((await run.ended).code).toBe(0);
  });
});

describe('options that only containers use', () => {
  it('container options are reported in one line, only if they are used', async () => {
    const source = (options: string) => `
      import { component, pipeline } from 'headrace';
      export const one = component(${options}, () => 1);
      export const main = pipeline({ name: 'main' }, async () => await one());`;
    const { cli, write } = await aProject({
      'main.ts': source(`{ docker: 'node:22', packages: ['left-pad'] }`),
    });
    const { code, stderr } = await cli('run', 'main.ts');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^note: docker, packages are recorded, but in local mode .*subprocess.*\n$/,
      ),
    });
    await write('main.ts', source('{}'));
    expect((await cli('run', 'main.ts')).stderr).toBe('');
  });
});
