import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readPage } from '../docs/examples.ts';
import { execute, ROOT, temporaryFolder } from './headrace.ts';
import { NPM, projectWithPackage } from './packed.ts';

const page = readPage('README.md');
const [program = ''] = page.programs;
const text = page.modules.get(program) ?? '';

const run = (folder: string) =>
  execute('npx', ['headrace', 'run', program, '--json'], { cwd: folder });

const compile = (folder: string, ...args: readonly string[]) =>
  execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args], {
    cwd: folder,
  });

it('the first example of the README runs as printed in a folder with nothing but the package, and compiles under tsc --init', {
  timeout: 240_000,
}, async () => {
  const folder = await projectWithPackage(await temporaryFolder(), {});
  await writeFile(join(folder, program), text);
  // An unreachable registry: the example needs no network.
  const printed = await execute('npx', ['headrace', 'run', program], {
    cwd: folder,
    env: { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' },
  });
  expect(printed, printed.stderr).toMatchObject({ code: 0 });
  expect(printed.stdout).toContain('result: "rate 0.1: y = 1.98 x + 1.01"');

  expect(await compile(folder, '--init')).toMatchObject({ code: 0 });
  const refused = await compile(folder, '--noEmit');
  expect(refused.stdout).toContain("Adjust the 'type' field in the nearest 'package.json'");
  // The command that the README names.
  const [, command = ''] =
    /\(`(npm pkg set [^`]+)`\)/.exec(await readFile(join(ROOT, 'README.md'), 'utf8')) ?? [];
  expect(await execute(NPM, command.split(' ').slice(1), { cwd: folder })).toMatchObject({
    code: 0,
  });
  expect(await compile(folder, '--outDir', 'built')).toMatchObject({ code: 0, stdout: '' });
  expect(await run(folder)).toMatchObject({ code: 0 });
});

it('the first example of the README runs in a project of CommonJS modules, by the command and as a program', {
  timeout: 240_000,
}, async () => {
  const folder = await projectWithPackage(await temporaryFolder(), { type: 'commonjs' });
  await writeFile(join(folder, program), text);
  const { code, stdout, stderr } = await run(folder);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ result: 'rate 0.1: y = 1.98 x + 1.01' });

  await cp(join(folder, program), join(folder, 'program.ts'));
  await writeFile(
    join(folder, 'main.ts'),
    `import { fitLine } from './program';\nfitLine(40).then((line) => console.log(line));\n`,
  );
  const started = await execute(
    process.execPath,
    ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), 'main.ts'],
    { cwd: folder },
  );
  expect(started.code, started.stderr).toBe(0);
  expect(started.stdout).toContain('rate 0.1: y =');
});
