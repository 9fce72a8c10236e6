/**
 * Emits the declarations of the public API: only the declarations that the entry points reach by
 * their types. They are self-contained: compiling against them needs neither the types of our
 * dependencies nor those of Node. Sources mark a declaration that would reach such a type as
 * `@internal`.
 *
 * The declarations of `headrace/cdk` (those that `lib/index.ts` reaches) refer to the CDK, which
 * their users have installed.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** An import of a relative module, with its opening quote. */
const RELATIVE = /(?<=\b(?:from|import|import\()\s*)(['"])(\.{1,2}\/[^'"]+)\.ts\1/g;

/** An import of another module, in code and not in a comment. */
const PACKAGE_IMPORT = /^(?!\s*\*).*\b(?:from|import\()\s*(['"])([^.'"][^'"]*)\1/gm;

/** @param {string} root The repository. */
export function emitTypes(root) {
  emit(root, {
    entries: [
      'src/index.ts',
      'src/testing/index.ts',
      'src/program-client/index.ts',
      'src/eslint/index.ts',
    ],
    from: 'src',
    to: 'dist/types',
    allowedPackages: [],
  });
  emit(root, {
    entries: ['lib/index.ts'],
    from: '.',
    to: 'dist/types-cdk',
    allowedPackages: ['aws-cdk-lib', 'constructs', 'zod'],
  });
}

/**
 * @param {string} root
 * @param {{ entries: readonly string[], from: string, to: string, allowedPackages: readonly string[] }} options
 *   `allowedPackages`: packages that the declarations may import.
 */
function emit(root, { entries, from, to, allowedPackages }) {
  const scratch = mkdtempSync(join(root, 'node_modules/.types-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const config = join(scratch, 'tsconfig.json');
    const settings = {
      noEmit: false,
      // The build only emits; `npm run typecheck` checks the types.
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
        files: entries.map((entry) => join(root, entry)),
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
    const files = entries.map((entry) =>
      join(scratch, 'out', relative(from, entry).replace(/\.ts$/, '.d.ts')),
    );
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      const forbidden = [...text.matchAll(PACKAGE_IMPORT)].find(
        ([, , module = '']) => !allowedPackages.includes(module.split('/')[0] ?? ''),
      );
      if (forbidden !== undefined)
        throw new Error(
          `the declarations in ${to} must be self-contained, but ${relative(join(scratch, 'out'), file)} imports ${forbidden[2]}`,
        );
      for (const [, , module] of text.matchAll(RELATIVE)) {
        const imported = join(dirname(file), `${module}.d.ts`);
        if (!files.includes(imported)) files.push(imported);
      }
      const output = join(target, relative(join(scratch, 'out'), file));
      mkdirSync(dirname(output), { recursive: true });
      writeFileSync(output, text.replaceAll(RELATIVE, '$1$2.js$1'));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
