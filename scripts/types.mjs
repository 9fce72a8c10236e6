/**
 * Emits the declarations of the public API: what `src/index.ts` reaches by its types, and nothing
 * else. They stand alone: to compile against them, neither the types of our dependencies nor those
 * of Node may be needed. What would reach such a type is marked `@internal` in the sources.
 *
 * Those of `headrace/cdk` (what `lib/index.ts` reaches) are written in terms of the CDK, which
 * whoever imports them has.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A relative module that a declaration names, with the quote before it. */
const RELATIVE = /(?<=\b(?:from|import|import\()\s*)(['"])(\.{1,2}\/[^'"]+)\.ts\1/g;

/** Any other module, in code (a comment may show one). */
const OUTSIDE = /^(?!\s*\*).*\b(?:from|import\()\s*(['"])([^.'"][^'"]*)\1/gm;

/** @param {string} root The repository. */
export function emitTypes(root) {
  emit(root, { entry: 'src/index.ts', from: 'src', to: 'dist/types', outside: [] });
  emit(root, {
    entry: 'lib/index.ts',
    from: '.',
    to: 'dist/types-cdk',
    outside: ['aws-cdk-lib', 'constructs', 'zod'],
  });
}

/**
 * @param {string} root
 * @param {{ entry: string, from: string, to: string, outside: readonly string[] }} options
 *   `outside`: packages that the declarations may name.
 */
function emit(root, { entry, from, to, outside }) {
  const scratch = mkdtempSync(join(root, 'node_modules/.types-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const config = join(scratch, 'tsconfig.json');
    const settings = {
      noEmit: false,
      // `npm run typecheck` checks; the build only writes down.
      noCheck: true,
      declaration: true,
      emitDeclarationOnly: true,
      stripInternal: true,
      rootDir: join(root, from),
      outDir: join(scratch, 'out'),
    };
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        files: [join(root, entry)],
        include: [],
        compilerOptions: { ...settings, typeRoots: [join(root, 'node_modules/@types')] },
      }),
    );
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', config], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the declarations could not be emitted:\n${stdout}`);

    const target = join(root, to);
    rmSync(target, { recursive: true, force: true });
    const todo = [join(scratch, 'out', relative(from, entry).replace(/\.ts$/, '.d.ts'))];
    for (const file of todo) {
      const text = readFileSync(file, 'utf8');
      const foreign = [...text.matchAll(OUTSIDE)].find(
        ([, , module = '']) => !outside.includes(module.split('/')[0] ?? ''),
      );
      if (foreign !== undefined)
        throw new Error(
          `the declarations in ${to} must stand alone, but ${relative(join(scratch, 'out'), file)} imports ${foreign[2]}`,
        );
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
