/**
 * Builds the package into `dist/`, or leaves it alone if no source changed since.
 *
 *     node scripts/build.mjs [--no-types] [--force]
 *     node scripts/build.mjs --prepare    as npm calls it after an install and before a pack: nothing if HEADRACE_NO_PREPARE is set
 *
 * - `dist/index.js`, `dist/cli.js`, `dist/cdk.js` (`headrace/cdk`) and the chunks that they share,
 *   all in ONE folder, so that a path relative to `import.meta.url` is the same whichever chunk a
 *   module lands in. Dependencies of package.json stay outside.
 * - `dist/runner.cjs`, `dist/evaluator.js`: the programs of a step's process and of the evaluator's
 *   thread, each in one file with what it needs.
 * - `dist/bin/headrace.js`: the command, two lines around `cli.js`.
 * - `dist/replay.js`, `dist/replay/builtins/*.js`, `dist/step.js`: one file each with everything in
 *   it and nothing of Node's. The bundler inlines them into users' code.
 * - `dist/types`, `dist/types-cdk`: the declarations that `index.d.ts` reaches, and those of
 *   `headrace/cdk`.
 *
 * `dist/lambda` and `dist/runner` are made by scripts of their own.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, '.build.json');
const BUILTINS = 'src/sdk/replay/builtins';

/** Host programs, by the name of their file in `dist`. */
const PROGRAMS = { index: 'src/index.ts', cli: 'bin/headrace.ts', cdk: 'lib/index.ts' };

/**
 * Each step pays for what its program loads, and each command for the thread: one file, without the
 * schemas that it never asks. tar, which only folders need, stays outside.
 */
const ALONE = {
  'runner.cjs': 'src/programs/step-subprocess.ts',
  'evaluator.js': 'src/programs/evaluator-thread.ts',
};

/** Single files that are inlined into users' bundles. */
const INLINED = { replay: 'src/sdk/replay/index.ts', step: 'src/sdk/step/index.ts' };

const COMMAND = `#!/usr/bin/env node
import module from 'node:module';

module.enableCompileCache?.();
await import('../cli.js');
`;

/** @param {string} folder @returns {string[]} */
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();

/** Of all that the output depends on. */
function sourceHash() {
  const hash = createHash('sha256');
  const inputs = [
    ...['src', 'bin', 'lib'].flatMap((folder) => filesIn(join(ROOT, folder))),
    'package-lock.json',
    'scripts/build.mjs',
    'scripts/types.mjs',
    'tsconfig.json',
  ];
  for (const file of inputs)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  return hash.digest('hex');
}

/** What `dist` was built from, by part. @returns {{ js?: string, types?: string }} */
function stamp() {
  if (!existsSync(STAMP)) return {};
  return JSON.parse(readFileSync(STAMP, 'utf8'));
}

/**
 * How a program of the host is bundled: its dependencies outside, shared chunks beside it.
 *
 * @param {Record<string, string>} input @returns {import('rolldown').BuildOptions & { output:
 *   import('rolldown').OutputOptions }}
 */
export function hostOptions(input) {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  const outside = new Set(Object.keys({ ...dependencies, ...devDependencies }));
  return {
    cwd: ROOT,
    input,
    platform: 'node',
    experimental: { attachDebugInfo: 'none' },
    external: (id) =>
      id.startsWith('node:') || outside.has(id.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? ''),
    output: {
      dir: DIST,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
    },
    write: false,
  };
}

/** @param {string} file @param {string} input @returns {import('rolldown').BuildOptions} */
const alone = (file, input) => ({
  cwd: ROOT,
  input: { [file]: input },
  platform: 'node',
  experimental: { attachDebugInfo: 'none' },
  external: [/^node:/, 'tar'],
  treeshake: { moduleSideEffects: false, manualPureFunctions: ['z'] },
  output: {
    dir: DIST,
    // Node takes CommonJS in without the loader of ES modules, which a step's own code then loads
    // while other steps run.
    format: file.endsWith('.cjs') ? 'cjs' : 'esm',
    entryFileNames: file,
    codeSplitting: false,
    // Names stay, for errors and their stacks.
    minify: { mangle: { keepNames: true }, compress: true, codegen: { removeWhitespace: true } },
  },
  write: false,
});

/**
 * One self-contained file. @param {string} name @param {string} input @returns
 * {import('rolldown').BuildOptions}
 */
const inlined = (name, input) => ({
  cwd: ROOT,
  input: { [name]: input },
  // As the bundler takes packages into logic. Not the forms for browsers: they count on what a
  // browser has.
  platform: 'neutral',
  resolve: { conditionNames: ['import', 'module', 'default'], mainFields: ['module', 'main'] },
  experimental: { attachDebugInfo: 'none' },
  // The replay SDK is part of every logic bundle, read with it at each start: half the text is a
  // tenth of a bundling's time. Names stay, for stacks.
  output: {
    dir: DIST,
    format: 'esm',
    entryFileNames: '[name].js',
    codeSplitting: false,
    minify: name === 'replay' && { mangle: { keepNames: true }, compress: true },
  },
  write: false,
});

/**
 * What is inlined runs where Node's modules are not: an import that is left is a mistake of ours.
 * @param {string} name @param {{ imports: string[], code: string }} chunk
 */
function mustStandAlone(name, { imports, code }) {
  if (imports.length > 0)
    throw new Error(`dist/${name} must stand alone, but imports ${imports.join(', ')}`);
  const builtin = builtinModules.find(
    (id) => code.includes(`require("${id}")`) || code.includes(`"node:${id}"`),
  );
  if (builtin !== undefined)
    throw new Error(`dist/${name} must not need Node, but names node:${builtin}`);
}

async function buildJs() {
  const { build: bundle } = await import('rolldown');
  const builtins = (existsSync(join(ROOT, BUILTINS)) ? filesIn(join(ROOT, BUILTINS)) : []).map(
    (file) => /** @type {const} */ ([`replay/builtins/${basename(file, '.ts')}`, file]),
  );
  const single = [...Object.entries(INLINED), ...builtins];
  const hosts = [
    hostOptions(PROGRAMS),
    ...Object.entries(ALONE).map(([file, input]) => alone(file, input)),
  ];
  const outputs = await bundle([...hosts, ...single.map(([name, file]) => inlined(name, file))]);

  /** @type {Map<string, string>} */
  const written = new Map([['bin/headrace.js', COMMAND]]);
  for (const [index, { output }] of outputs.entries()) {
    for (const chunk of output) {
      if (chunk.type !== 'chunk')
        throw new Error(`the build of ${chunk.fileName} made something else than code`);
      if (index >= hosts.length) mustStandAlone(chunk.fileName, chunk);
      written.set(chunk.fileName, chunk.code);
    }
  }
  if (existsSync(DIST)) {
    for (const file of filesIn(DIST).map((path) => relative('dist', path))) {
      if (!/^(types|lambda|lambda-maps|runner\/|\.)/.test(file) && !written.has(file))
        rmSync(join(DIST, file));
    }
  }
  for (const [file, code] of written) {
    mkdirSync(join(DIST, file, '..'), { recursive: true });
    writeFileSync(join(DIST, file), code);
  }
  chmodSync(join(DIST, 'bin/headrace.js'), 0o755);
}

/**
 * Brings `dist` up to date.
 *
 * @param {{ types?: boolean, force?: boolean }} [options] `types`: the declarations, too.
 */
export async function build({ types = true, force = false } = {}) {
  const hash = sourceHash();
  const built = force ? {} : stamp();
  const begun = performance.now();
  const done = [];
  if (built.js !== hash) {
    await buildJs();
    done.push('code');
    built.js = hash;
    writeFileSync(STAMP, JSON.stringify(built));
  }
  if (types && built.types !== hash) {
    const { emitTypes } = await import('./types.mjs');
    emitTypes(ROOT);
    done.push('types');
    built.types = hash;
    writeFileSync(STAMP, JSON.stringify(built));
  }
  if (done.length > 0)
    console.error(
      `Built dist (${done.join(', ')}) in ${Math.round(performance.now() - begun)} ms.`,
    );
}

const isMain = process.argv[1] === fileURLToPath(import.meta.url);
const isLeftToCaller =
  process.argv.includes('--prepare') && process.env.HEADRACE_NO_PREPARE !== undefined;
if (isMain && !isLeftToCaller) {
  await build({
    types: !process.argv.includes('--no-types'),
    force: process.argv.includes('--force'),
  });
}
