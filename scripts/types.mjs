/**
 * Emits the declarations of the public API: what `src/index.ts` reaches by its types, and nothing else.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A relative module that a declaration names, with the quote before it. */
const RELATIVE = /(?<=\b(?:from|import|import\()\s*)(['"])(\.{1,2}\/[^'"]+)\.ts\1/g;

/** @param {string} root The repository. */
export function emitTypes(root) {
  const scratch = mkdtempSync(join(root, 'node_modules/.types-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const config = join(scratch, 'tsconfig.json');
    const settings = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      stripInternal: true,
      rootDir: join(root, 'src'),
      outDir: join(scratch, 'out'),
    };
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        files: [join(root, 'src/index.ts')],
        include: [],
        compilerOptions: { ...settings, typeRoots: [join(root, 'node_modules/@types')] },
      }),
    );
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the declarations could not be emitted:\n${stdout}`);

    const target = join(root, 'dist/types');
    rmSync(target, { recursive: true, force: true });
    const todo = [join(scratch, 'out/index.d.ts')];
    for (const file of todo) {
      const text = readFileSync(file, 'utf8');
      for (const [, , module] of text.matchAll(RELATIVE)) {
        const found = join(dirname(file), `${module}.d.ts`);
        if (!todo.includes(found)) todo.push(found);
      }
      const place = join(target, relative(join(scratch, 'out'), file));
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, text.replaceAll(RELATIVE, '$1$2.js$1'));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
