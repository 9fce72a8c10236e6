import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { execute, ROOT, temporaryFolder } from './headrace.ts';
import { NPM, projectWithPackage } from './packed.ts';

const PIPELINE = `
import { component, pipeline } from 'headrace';

export const square = component({ returnValues: ['squared'] }, function square(x: number) {
  return x * x;
});

export const main = pipeline({ name: 'squares', project: 'tests', version: '1.0.0' }, async function main(upTo: number = 3) {
  const squares = Array.from({ length: upTo }, (_, index) => square(index + 1));
  let sum = 0;
  for (const each of squares) sum += await each;
  return sum;
});
`;

const PROGRAM = `
import { main } from './pipeline.ts';

const sum: number = await main(4);
console.log('sum', sum);
`;

const ESLINT_CONFIG = `
import headrace, { type HeadracePlugin } from 'headrace/eslint';

export const plugin: HeadracePlugin = headrace;
export default [headrace.configs.recommended];
`;

const LINT = `
import { createRequire } from 'node:module';
import headrace from 'headrace/eslint';

const { Linter } = createRequire(process.argv[2])('eslint');
const code = "import { component } from 'headrace'; const f = component({}, () => 1); if (f()) f();";
const messages = new Linter().verify(code, [headrace.configs.recommended]);
console.log(JSON.stringify(messages.map(({ ruleId }) => ruleId)));
`;

/** The strictest settings, and no library but the language's. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: false,
    types: [] as string[],
  },
  include: ['*.ts'],
};

describe('the packed package in an empty project', () => {
  it('the packed package runs a pipeline by the command and as a plain program, and its types compile without skipLibCheck', {
    timeout: 240_000,
  }, async () => {
    const home = await projectWithPackage(await temporaryFolder());
    await writeFile(join(home, 'pipeline.ts'), PIPELINE);
    await writeFile(join(home, 'program.ts'), PROGRAM);

    const run = await execute(
      'npx',
      ['headrace', 'run', 'pipeline.ts', '--arg', 'upTo=3', '--json'],
      { cwd: home },
    );
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      pipeline: 'squares',
      status: 'completed',
      result: 14,
    });

    const program = await execute(
      process.execPath,
      ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), 'program.ts'],
      { cwd: home },
    );
    expect(program.code, program.stderr).toBe(0);
    expect(program.stdout).toContain('sum 30');

    const compile = () =>
      execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
        cwd: home,
      });
    // `console` is not the language's own: the program's one line needs a declaration of it.
    await writeFile(
      join(home, 'console.d.ts'),
      'declare const console: { log(...values: unknown[]): void };',
    );
    await writeFile(join(home, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    expect(await compile()).toMatchObject({ code: 0, stdout: '' });

    // The plugin needs no package of the project; ESLint is that of this repository.
    await writeFile(join(home, 'eslint.config.ts'), ESLINT_CONFIG);
    expect(await compile()).toMatchObject({ code: 0, stdout: '' });
    await writeFile(join(home, 'lint.mjs'), LINT);
    const lint = await execute(process.execPath, ['lint.mjs', join(ROOT, 'package.json')], {
      cwd: home,
    });
    expect(lint.code, lint.stderr).toBe(0);
    expect(JSON.parse(lint.stdout)).toEqual(['headrace/no-lazy-condition']);

    await writeFile(join(home, 'program.ts'), PROGRAM.replace('main(4)', "main('four')"));
    expect((await compile()).stdout).toContain("not assignable to parameter of type 'number |");
  });

  it('the packed package contains no sources', async () => {
    const { code, stdout } = await execute(NPM, ['pack', '--dry-run', '--json'], { cwd: ROOT });
    expect(code).toBe(0);
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'THIRD-PARTY-NOTICES',
        'dist/runner/LICENSE',
        'dist/runner/THIRD-PARTY-NOTICES',
        'dist/index.js',
        'dist/eslint.js',
        'dist/bin/headrace.js',
        'dist/reaper.js',
        'dist/runner.cjs',
        'dist/replay.js',
        'dist/step.js',
        'dist/types/index.d.ts',
        'dist/types/eslint/index.d.ts',
        'docs/design.md',
        'examples/iris/pipeline.ts',
        'templates/project/gitignore',
      ]),
    );
    expect(
      paths.filter((path) => /^(?:src|test|scripts|bench|packages)\/|\/\./.test(path)),
    ).toEqual([]);
  });

  it('the program of a step, which each step loads, contains no schema validator', async () => {
    expect(await readFile(join(ROOT, 'dist/runner.cjs'), 'utf8')).not.toContain('Zod');
  });

  it('the program of a step does not use performance, which loads ten modules of Node.js', async () => {
    expect(await readFile(join(ROOT, 'dist/runner.cjs'), 'utf8')).not.toContain('performance.now');
  });

  it('the packed package contains the license of each package in its bundles', async () => {
    const { code, stderr } = await execute(NPM, ['pack', '--dry-run'], { cwd: ROOT });
    expect(code, stderr).toBe(0);
    const notices = await readFile(join(ROOT, 'THIRD-PARTY-NOTICES'), 'utf8');
    const maps = join(ROOT, 'dist/lambda-maps');
    const inlined = new Set<string>();
    for (const file of await readdir(maps, { recursive: true })) {
      if (!file.endsWith('.map')) continue;
      const { sources } = JSON.parse(await readFile(join(maps, file), 'utf8')) as {
        sources: string[];
      };
      for (const source of sources) {
        const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
        if (name !== undefined) inlined.add(name);
      }
    }
    expect([...inlined]).toEqual(expect.arrayContaining(['zod', 'hono', '@aws-sdk/client-s3']));
    // Beside those of the functions: of the replay SDK, the runner, the evaluator and the image.
    for (const name of ['core-js-pure', 'cbor-x', 'tar', 'minipass', 'rolldown', 'esbuild'])
      inlined.add(name);
    const missing = [...inlined].filter((name) => !notices.includes(`\n${name} `));
    expect(missing).toEqual([]);
    expect(notices).toContain('Apache License');
    expect(await readFile(join(ROOT, 'dist/runner/THIRD-PARTY-NOTICES'), 'utf8')).toContain(
      '\n@aws-sdk/client-s3 ',
    );
  });
});
