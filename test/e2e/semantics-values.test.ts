import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { aProject, type Project, statusesOf } from './cli.ts';
import { execute, ROOT } from './headrace.ts';
import { runEach } from './run-each.ts';
import { HEAD } from './semantics-harness.ts';

vi.setConfig({ testTimeout: 120_000 });

describe('values', () => {
  const SOURCE = `${HEAD}
    const values = component({}, () => ({
      floats: new Float64Array([1, NaN]), map: new Map([[1, new Set([2])]]), date: new Date(5), big: 10n ** 30n, gone: undefined, nan: NaN, zero: -0, far: -Infinity,
      buffer: Buffer.from('hé'), longs: new BigInt64Array([5n]), nothing: null, list: [1, undefined, 3],
    }));
    const check = (v) => [v.floats instanceof Float64Array && Number.isNaN(v.floats[1]), v.map instanceof Map && v.map.get(1) instanceof Set, v.date instanceof Date && v.date.getTime(),
      v.big === 10n ** 30n, 'gone' in v && v.gone === undefined, Number.isNaN(v.nan), Object.is(v.zero, -0), v.far === -Infinity, v.buffer instanceof Uint8Array && v.buffer.length, v.longs[0] === 5n,
      v.nothing, v.list.length];
    const inStep = component({}, (v) => check(v));
    export const travel = pipeline({ name: 'travel' }, async () => { const v = values(); const here = await v; return [check(here), await inStep(v), await inStep(here)]; });

    const files = component({ returnValues: ['file', 'folder'] }, () => {
      const folder = join(currentStep().temporaryDirectory, 'model');
      mkdirSync(join(folder, 'deep'), { recursive: true });
      writeFileSync(join(folder, 'deep/weights.bin'), Buffer.from([1, 2, 3]));
      writeFileSync(join(folder, 'text.txt'), 'hello');
      return [new ArtifactFile(join(folder, 'text.txt')), new ArtifactFile(folder)];
    });
    const reads = component({}, (file, { folder }) => [readFileSync(file.path, 'utf8'), readFileSync(join(folder.path, 'deep/weights.bin')).length]);
    export const paths = pipeline({ name: 'paths' }, async () => { const [file, folder] = files(); return await reads(file, { folder }); });

    class Point { constructor(x) { this.x = x; } double() { return this.x * 2; } }
    const point = component({}, () => new Point(4));
    const doubled = component({}, (p) => p.double());
    export const classes = pipeline({
      name: 'classes',
      artifactSerializer: (value) => Buffer.from(JSON.stringify(value instanceof Point ? { point: value.x } : { value })),
      artifactDeserializer: (bytes) => { const { point, value } = JSON.parse(new TextDecoder().decode(bytes)); return point === undefined ? value : new Point(point); },
    }, async () => { const p = point(); return [await doubled(p), (await p).double()]; });`;

  it('values of every kind pass between steps and logic, also files, folders and custom classes', async () => {
    const outcomes = await runEach(await aProject({ 'main.ts': SOURCE }), [
      'travel',
      'paths',
      'classes',
    ]);
    const kept = [true, true, 5, true, true, true, true, true, 3, true, null, 3];
    expect(outcomes.travel?.run.result).toEqual([kept, kept, kept]);
    expect(outcomes.paths?.run.result).toEqual(['hello', 3]);
    expect(outcomes.paths?.run.steps[0]?.artifacts).toMatchObject([
      { name: 'file', type: 'file', size: 5 },
      { name: 'folder', type: 'folder' },
    ]);
    expect(outcomes.classes?.run.result).toEqual([8, 8]);
  });
});

describe('the cache', () => {
  const files = {
    'main.ts': `import { component, pipeline } from 'headrace';
      import { clean } from './steps/clean.ts';
      export const load = component({ cache: true }, (n: number) => clean(n));
      export const other = component({ cache: true, retryOnFailure: 1 }, (n: number) => n * 2);
      export const last = component({ cache: true }, (n: number, m: number) => n + m);
      export const main = pipeline({ name: 'main', version: '1.2' }, async (n = 1) => await last(load(n), other(n)));
      const aged = component({ cache: { ttl: 3600, salt: 'a' } }, () => 1);
      export const modes = pipeline({ name: 'modes' }, async () => await aged());`,
    'steps/clean.ts': `import { unit } from '../lib/unit.ts';\nexport const clean = (n: number) => n * unit;`,
    'lib/unit.ts': 'export const unit = 3;\nexport const unused = 1;',
  };
  const runs = async (project: Project, ...args: string[]) => {
    const { run } = await project.json('run', 'main.ts', '--pipeline', 'main', ...args);
    return { version: run.version, result: run.result, steps: statusesOf(run).join(', ') };
  };

  it('a cached step is identified by its reachable code and its arguments, and the version by the code', async () => {
    const project = await aProject(files);
    expect(await runs(project)).toEqual({
      version: '1.2.0',
      result: 5,
      steps: 'load completed, other completed, last completed',
    });
    expect(await runs(project)).toEqual({
      version: '1.2.0',
      result: 5,
      steps: 'load cached, other cached, last cached',
    });
    await project.write(
      'lib/unit.ts',
      files['lib/unit.ts'].replace('unused = 1', 'unused = 2 /* nobody needs it */'),
    );
    await project.write(
      'main.ts',
      files['main.ts'].replace('retryOnFailure: 1', 'retryOnFailure: 3'),
    );
    expect(await runs(project)).toMatchObject({ steps: 'load cached, other cached, last cached' });
    await project.write('lib/unit.ts', 'export const unit = 4;');
    expect(await runs(project)).toMatchObject({
      result: 6,
      steps: 'load completed, other cached, last completed',
    });
    await project.write('main.ts', files['main.ts'].replace('n * 2', 'n + n'));
    expect(await runs(project), 'an equal artifact is the same argument').toMatchObject({
      result: 6,
      steps: 'load cached, other completed, last cached',
    });
    expect(await runs(project, '--arg', 'n=2')).toMatchObject({
      result: 12,
      steps: 'load completed, other completed, last completed',
    });
    expect(await runs(project, '--no-cache')).toMatchObject({
      steps: 'load completed, other completed, last completed',
    });
    await project.write(
      'main.ts',
      files['main.ts'].replace(`version: '1.2'`, `version: '1.2', autoVersionBump: false`),
    );
    const { code, stderr } = await project.cli('run', 'main.ts', '--pipeline', 'main', '--json');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: .*1\.2\.0.*\nsee headrace\/docs\/errors\.md#versiontakenerror\n$/,
    );
  });

  it('a cache mode reads, writes or refreshes entries, and a salt separates them', async () => {
    const project = await aProject(files);
    const modes = async (options: string) => {
      await project.write('main.ts', files['main.ts'].replace(`{ ttl: 3600, salt: 'a' }`, options));
      return statusesOf((await project.json('run', 'main.ts', '--pipeline', 'modes')).run).join();
    };
    expect(await modes(`{ mode: 'read' }`)).toBe('aged completed');
    expect(await modes('true'), 'read stored nothing').toBe('aged completed');
    expect(await modes(`{ mode: 'read' }`)).toBe('aged cached');
    expect(await modes(`{ mode: 'refresh' }`)).toBe('aged completed');
    expect(await modes(`{ salt: 'b' }`)).toBe('aged completed');
    expect(await modes(`{ salt: 'b' }`)).toBe('aged cached');
    expect(await modes(`{ salt: 'b', ttl: 0.001 }`), 'too old').toBe('aged completed');
  });
});

describe('a project', () => {
  const FILES = {
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
    'lib/scale.ts': `import table from './table.json' with { type: 'json' };\nexport const scale = (n: number): number => n * table.factor;`,
    'lib/table.json': '{ "factor": 7 }',
    'lib/plain.cjs': 'exports.half = (n) => n / 2;',
    'main.ts': `import { component, pipeline, PipelineDecorator } from 'headrace';
      import { scale } from '@lib/scale.ts';
      import plain from './lib/plain.cjs';
      import Database from 'libsql';
      export const compute = component({}, (n: number) => {
        const row = new Database(':memory:').prepare('SELECT ? + 1 AS n').get(scale(n)) as { n: number };
        return plain.half(row.n);
      });
      export const main = pipeline({ name: 'main' }, async (n = 3) => await compute(n));
      if (process.argv[2] === 'debug') PipelineDecorator.debugPipeline();
      else PipelineDecorator.runLocally();
      const result = await main(5);
      console.log('result', result);`,
  };

  it('a project with path aliases, JSON, CommonJS and a native package runs in every mode', async () => {
    const project = await aProject(FILES);
    await mkdir(join(project.folder, 'node_modules'));
    await symlink(ROOT, join(project.folder, 'node_modules/headrace'), 'dir');
    await symlink(
      join(ROOT, 'node_modules/libsql'),
      join(project.folder, 'node_modules/libsql'),
      'dir',
    );
    expect((await project.json('run', 'main.ts')).run.result).toBe(11);
    expect((await project.json('run', 'main.ts', '--mode', 'debug')).run.result).toBe(11);
    const program = (...args: string[]) =>
      execute(
        process.execPath,
        ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), 'main.ts', ...args],
        {
          cwd: project.folder,
          env: { HEADRACE_HOME: '' },
        },
      );
    for (const mode of ['local', 'debug'])
      expect((await program(mode)).stdout).toContain('result 18');
    expect((await project.json('runs', 'show', 'latest')).run).toMatchObject({
      args: { n: 5 },
      result: 18,
      status: 'completed',
    });
  });
});
