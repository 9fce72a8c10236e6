/**
 * Bundles the functions, each folder of `lambda/` into `dist/lambda/<name>/index.mjs`, or leaves them alone if nothing changed since.
 *
 *     node scripts/lambda.mjs [--force]
 *
 * One file each with everything in it, minified; its source map lies apart, in `dist/lambda-maps`, and is not deployed.
 *
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesIn, hashOfSources, REQUIRE } from './sources.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(ROOT, 'lambda');
const TARGET = join(ROOT, 'dist/lambda');
const MAPS = join(ROOT, 'dist/lambda-maps');
const STAMP = join(ROOT, 'dist/.lambda.json');

/**
 * What a function never asks of its packages, left out: half of the text that Node would have to read at each cold start.
 *
 * - Credentials come from the environment, where Lambda puts them: not from profiles, single sign-on or the address of a machine.
 * - Messages of schemas are in English.
 * - Of zod, what our sources name: its object `z` would bring all of it, the same as a namespace does not.
 * - Of a client's schemas, those of the operations that our sources name. They say `{ [_h]: … }` with constants as keys; a computed key may have effects for all
 *   that the bundler knows, and would keep every operation, with all that it refers to.
 *
 * @type {import('esbuild').Plugin}
 */
const lean = {
  name: 'lean',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({ path: 'credentials', namespace: 'lean' }));
    onLoad({ filter: /^credentials$/, namespace: 'lean' }, () => ({
      contents: "import { fromEnv } from '@aws-sdk/credential-provider-env'; export const defaultProvider = () => fromEnv();",
      resolveDir: join(ROOT, 'node_modules/@aws-sdk/credential-provider-node'),
    }));
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!path.startsWith(join(ROOT, 'src')) && !path.startsWith(SOURCES)) return undefined;
      const source = readFileSync(path, 'utf8');
      return { contents: source.replace("import { z } from 'zod';", "import * as z from 'zod';"), loader: 'ts', resolveDir: dirname(path) };
    });
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
    onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const constants = new Map([...source.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm)].map(([, name, text]) => [name, text]));
      return { contents: source.replaceAll(/\[(_\w+)\]:/g, (key, name) => (constants.has(name) ? `${constants.get(name)}:` : key)), resolveDir: dirname(path) };
    });
  },
};

/** Of all that the bundles depend on. */
const sourceHash = () => hashOfSources(ROOT, ['lambda', 'src'], ['package-lock.json', 'scripts/lambda.mjs', 'scripts/sources.mjs', 'tsconfig.json']);

const isCurrent = (/** @type {string} */ hash) => existsSync(STAMP) && JSON.parse(readFileSync(STAMP, 'utf8')).hash === hash;

/**
 * Brings the bundles up to date.
 *
 * @param {{ force?: boolean }} [options]
 */
export async function buildLambdas({ force = false } = {}) {
  const hash = sourceHash();
  if (!force && isCurrent(hash)) return;
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const names = readdirSync(SOURCES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  for (const name of names) {
    const { outputFiles } = await build({
      absWorkingDir: ROOT,
      entryPoints: [join(SOURCES, name, 'index.ts')],
      outfile: join(TARGET, name, 'index.mjs'),
      bundle: true,
      platform: 'node',
      // Of the functions' Node and of the one that runs them in tests, the older.
      target: 'node20',
      format: 'esm',
      mainFields: ['module', 'main'],
      conditions: ['module'],
      minify: true,
      keepNames: true,
      sourcemap: 'external',
      legalComments: 'none',
      banner: { js: REQUIRE },
      define: { HEADRACE_VERSION: JSON.stringify(version) },
      plugins: [lean],
      write: false,
      logLevel: 'error',
    });
    for (const { path, contents } of outputFiles) {
      const place = path.endsWith('.map') ? join(MAPS, `${name}.mjs.map`) : path;
      mkdirSync(join(place, '..'), { recursive: true });
      // Whoever reads meanwhile sees the old bundle or the new one, whole.
      writeFileSync(`${place}.${process.pid}`, contents);
      renameSync(`${place}.${process.pid}`, place);
    }
  }
  for (const name of readdirSync(TARGET)) if (!name.startsWith('.') && !names.includes(name)) rmSync(join(TARGET, name), { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ hash }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildLambdas({ force: process.argv.includes('--force') });
  for (const file of filesIn(TARGET).filter((path) => path.endsWith('.mjs'))) console.error(`${relative(ROOT, file)} ${readFileSync(file).byteLength} bytes`);
}
