import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const folder = import.meta.dirname;
const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);

/** The output of the compiler, without colours. */
async function compile(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [
      tsc,
      '-p',
      folder,
      '--pretty',
      'false',
    ]);
    return stdout;
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

it('user code compiles or fails as declared, under the strictest settings, without Node.js, DOM and skipLibCheck', async () => {
  expect(await compile()).toBe('');
}, 60_000);

it('refused.ts has enough examples', async () => {
  const refused = await readFile(join(folder, 'refused.ts'), 'utf8');
  expect(refused.match(/@ts-expect-error/g)?.length).toBeGreaterThan(35);
});
