import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);

/** Runs the compiler in a folder, and returns its output. */
async function compile(folder: string, ...args: readonly string[]): Promise<string> {
  try {
    const command = [tsc, ...args, '--pretty', 'false'];
    return (await promisify(execFile)(process.execPath, command, { cwd: folder })).stdout;
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

/** A folder with the settings of `tsc --init`, in which the declarations are installed. */
async function initialized(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-declarations-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // A copy: a link would give the declarations a path outside of node_modules.
  const installed = join(folder, 'node_modules/headrace');
  await mkdir(installed, { recursive: true });
  await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
  await cp(join(ROOT, 'dist/types'), join(installed, 'dist/types'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "name": "user", "type": "module" }');
  await compile(folder, '--init');
  return folder;
}

it('tsc --init emits declarations of exported components and pipelines of every signature, which compile for others', {
  timeout: 60_000,
}, async () => {
  const folder = await initialized();
  const settings = await readFile(join(folder, 'tsconfig.json'), 'utf8');
  expect(settings).toContain('"declaration": true');
  await cp(join(ROOT, 'test/types/fixtures/exported.ts'), join(folder, 'exported.ts'));
  expect(await compile(folder, '--outDir', 'emitted')).toBe('');

  await mkdir(join(folder, 'user'));
  await cp(join(folder, 'emitted/exported.d.ts'), join(folder, 'user/exported.d.ts'));
  await writeFile(
    join(folder, 'user/consumer.ts'),
    `import { list, lists, lazyTuple, table } from './exported.js';
     export const a = table.list(list([1]));
     export const [b] = lists([{ a: 1, tags: [] }], ['x']);
     export const c: Promise<{ a: { a: number; tags: string[] }[] }> = lazyTuple();
     // @ts-expect-error: the parameter is a list of numbers
     list(['one']);`,
  );
  await cp(join(folder, 'tsconfig.json'), join(folder, 'user/tsconfig.json'));
  expect(
    await compile(folder, '-p', 'user', '--skipLibCheck', 'false', '--outDir', 'emitted-user'),
  ).toBe('');
});
