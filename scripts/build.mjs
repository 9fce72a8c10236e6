/**
 * Builds the package into `dist/`. Does nothing if no source changed since the last build.
 *
 *     node scripts/build.mjs [--no-types] [--force]
 *     node scripts/build.mjs --prepare    the same, but nothing if HEADRACE_NO_PREPARE is set: npm
 *                                         calls it after an install and before a pack
 *
 * - `dist/index.js`, `dist/testing.js` (`headrace/testing`), `dist/client.js` (`headrace/client`),
 *   `dist/eslint.js` (`headrace/eslint`), `dist/cli.js`, `dist/cdk.js` (`headrace/cdk`) and their
 *   shared chunks, all in ONE folder, so that
 *   a path relative to `import.meta.url` does not depend on the chunk of a module. Dependencies of
 *   package.json are not bundled.
 * - `dist/runner.cjs`, `dist/evaluator.js`, `dist/reaper.js`, `dist/container-shim.js`: the programs of
 *   a step's process, of the evaluator's thread, of the process that ends the jobs of a crashed
 *   engine, and of the process that runs a step's container, each one file with its dependencies.
 * - `dist/bin/headrace.js`: the command, which imports `cli.js`.
 * - `dist/replay.js`, `dist/replay/builtins/*.js`, `dist/step.js`: self-contained files that need
 *   no module of Node. The bundler inlines them into users' code.
 * - `dist/types`, `dist/types-cdk`: the declarations that `index.d.ts` reaches, and those of
 *   `headrace/cdk`.
 *
 * - `dist/console`: the web console (see `console/README.md`), built on its own, by Vite.
 *
 * `scripts/lambda.mjs` and `scripts/runner.mjs` make `dist/lambda` and `dist/runner`.
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
import { packagesOfRolldown } from './licenses.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, '.build.json');
const BUILTINS = 'src/sdk/replay/builtins';

/** Programs with shared chunks, by the name of their file in `dist`. */
const PROGRAMS = {
  index: 'src/index.ts',
  testing: 'src/testing/index.ts',
  client: 'src/program-client/index.ts',
  eslint: 'src/eslint/index.ts',
  cli: 'bin/headrace.ts',
  cdk: 'lib/index.ts',
};

/**
 * Programs in one file each, without unused schemas, because every step loads the first and every
 * command the second. tar is not bundled, because only folders need it.
 */
const SINGLE_FILE_PROGRAMS = {
  'runner.cjs': 'src/programs/step-subprocess.ts',
  'evaluator.js': 'src/programs/evaluator-thread.ts',
  'reaper.js': 'src/programs/orphan-reaper.ts',
  'container-shim.js': 'src/programs/container-shim.ts',
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

/** Returns the hash of all inputs of the build, without those of the console. */
const sourceHash = () =>
  hashOf([
    ...['src', 'bin', 'lib'].flatMap((folder) => filesIn(join(ROOT, folder))),
    'package-lock.json',
    'scripts/build.mjs',
    'scripts/licenses.mjs',
    'scripts/types.mjs',
    'tsconfig.json',
  ]);

/** Returns the hash of the inputs of the console, which has only types of other folders. */
const consoleHash = () =>
  hashOf([
    ...filesIn(join(ROOT, 'console')),
    'package-lock.json',
    'scripts/console.mjs',
    'scripts/licenses.mjs',
  ]);

/** @param {readonly string[]} files */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  return hash.digest('hex');
}

/**
 * The input hash of each built part of `dist`, and the packages whose code it contains.
 *
 * @returns {{ js?: string, types?: string, packages?: string[], console?: string, consolePackages?: string[] }}
 */
function stamp() {
  if (!existsSync(STAMP)) return {};
  return JSON.parse(readFileSync(STAMP, 'utf8'));
}

/**
 * Options for programs whose dependencies are not bundled and whose shared chunks are files beside
 * them.
 *
 * @param {Record<string, string>} input
 * @returns {import('rolldown').BuildOptions & { output: import('rolldown').OutputOptions }}
 */
export function hostOptions(input) {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  const externalPackages = new Set(Object.keys({ ...dependencies, ...devDependencies }));
  return {
    cwd: ROOT,
    input,
    platform: 'node',
    experimental: { attachDebugInfo: 'none' },
    external: (id) =>
      id.startsWith('node:') || externalPackages.has(id.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? ''),
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
const singleFileOptions = (file, input) => ({
  cwd: ROOT,
  input: { [file]: input },
  platform: 'node',
  experimental: { attachDebugInfo: 'none' },
  // Only folders need the first, and only files in S3 the others.
  external: [/^node:/, 'tar', /^@aws-sdk\//, /^@aws-crypto\//, /^@smithy\//],
  treeshake: { moduleSideEffects: false, manualPureFunctions: ['z'] },
  output: {
    dir: DIST,
    // Node loads CommonJS without its loader of ES modules. A step's own code loads that loader
    // later, while other steps run.
    format: file.endsWith('.cjs') ? 'cjs' : 'esm',
    entryFileNames: file,
    codeSplitting: false,
    // Names are kept for errors and their stacks.
    minify: { mangle: { keepNames: true }, compress: true, codegen: { removeWhitespace: true } },
  },
  write: false,
});

/**
 * Options of a file that is inlined into users' bundles.
 *
 * @param {string} name
 * @param {string} input
 * @returns {import('rolldown').BuildOptions}
 */
const inlinedOptions = (name, input) => ({
  cwd: ROOT,
  input: { [name]: input },
  // As the bundler resolves packages of logic. Browser builds of packages are not used, because
  // they need APIs of a browser.
  platform: 'neutral',
  resolve: { conditionNames: ['import', 'module', 'default'], mainFields: ['module', 'main'] },
  experimental: { attachDebugInfo: 'none' },
  // Every logic bundle contains the replay SDK and is read at each start. Half of the text saves a
  // tenth of the bundling time. Names are kept for stacks.
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
 * Throws if an inlined file has an import: it runs where the modules of Node are not available.
 *
 * @param {string} name
 * @param {{ imports: string[], code: string }} chunk
 */
function assertSelfContained(name, { imports, code }) {
  if (imports.length > 0)
    throw new Error(`dist/${name} must be self-contained, but imports ${imports.join(', ')}`);
  const builtin = builtinModules.find(
    (id) => code.includes(`require("${id}")`) || code.includes(`"node:${id}"`),
  );
  if (builtin !== undefined)
    throw new Error(`dist/${name} must not need Node, but names node:${builtin}`);
}

/** @returns {Promise<string[]>} the packages whose code is in the bundles */
async function buildJs() {
  const { build: bundle } = await import('rolldown');
  const builtins = (existsSync(join(ROOT, BUILTINS)) ? filesIn(join(ROOT, BUILTINS)) : []).map(
    (file) => /** @type {const} */ ([`replay/builtins/${basename(file, '.ts')}`, file]),
  );
  const single = [...Object.entries(INLINED), ...builtins];
  const hosts = [
    hostOptions(PROGRAMS),
    ...Object.entries(SINGLE_FILE_PROGRAMS).map(([file, input]) => singleFileOptions(file, input)),
  ];
  const outputs = await bundle([
    ...hosts,
    ...single.map(([name, file]) => inlinedOptions(name, file)),
  ]);

  /** @type {Map<string, string>} */
  const written = new Map([['bin/headrace.js', COMMAND]]);
  for (const [index, { output }] of outputs.entries()) {
    for (const chunk of output) {
      if (chunk.type !== 'chunk')
        throw new Error(`the build of ${chunk.fileName} produced a file that is not code`);
      if (index >= hosts.length) assertSelfContained(chunk.fileName, chunk);
      written.set(chunk.fileName, chunk.code);
    }
  }
  if (existsSync(DIST)) {
    for (const file of filesIn(DIST).map((path) => relative('dist', path))) {
      if (!/^(types|lambda|lambda-maps|runner\/|console\/|\.)/.test(file) && !written.has(file))
        rmSync(join(DIST, file));
    }
  }
  for (const [file, code] of written) {
    mkdirSync(join(DIST, file, '..'), { recursive: true });
    writeFileSync(join(DIST, file), code);
  }
  chmodSync(join(DIST, 'bin/headrace.js'), 0o755);
  return packagesOfRolldown(
    outputs.flatMap(({ output }) => output.filter((chunk) => chunk.type === 'chunk')),
  );
}

/**
 * Brings `dist` up to date.
 *
 * @param {{ types?: boolean, force?: boolean }} [options] `types`: whether to build declarations.
 */
export async function build({ types = true, force = false } = {}) {
  const hash = sourceHash();
  const built = force ? {} : stamp();
  const startedAt = performance.now();
  const done = [];
  if (built.js !== hash) {
    built.packages = await buildJs();
    done.push('code');
    built.js = hash;
    writeFileSync(STAMP, JSON.stringify(built));
  }
  const hashOfConsole = consoleHash();
  if (built.console !== hashOfConsole) {
    const { buildConsole } = await import('./console.mjs');
    built.consolePackages = await buildConsole();
    done.push('console');
    built.console = hashOfConsole;
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
      `Built dist (${done.join(', ')}) in ${Math.round(performance.now() - startedAt)} ms.`,
    );
}

const isMain = process.argv[1] === fileURLToPath(import.meta.url);
const isSkipped =
  process.argv.includes('--prepare') && process.env.HEADRACE_NO_PREPARE !== undefined;
if (isMain && !isSkipped) {
  await build({
    types: !process.argv.includes('--no-types'),
    force: process.argv.includes('--force'),
  });
}
