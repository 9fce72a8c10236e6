import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { pageFiles, readPage, writeProject } from './examples.ts';

const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);

/** The settings of `tsc --init`, without those that only style the output. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    noEmit: true,
  },
  include: ['*.ts'],
};

/** The messages of the compiler about the TypeScript of a page. */
async function compile(file: string): Promise<string> {
  const folder = writeProject(readPage(file).modules);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  try {
    const args = [tsc, '-p', folder, '--pretty', 'false'];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

it.each(pageFiles.filter((file) => readPage(file).modules.size > 0))(
  'the TypeScript of %s compiles against the types of the package',
  async (file) => {
    expect(await compile(file)).toBe('');
  },
  60_000,
);
