/**
 * Bundles the functions, each folder of `lambda/` into `dist/lambda/<name>/index.mjs`. Does nothing
 * if no source changed since the last build.
 *
 *     node scripts/lambda.mjs [--force]
 *
 * A function is one minified file with all dependencies; that of steps has a second one, the program
 * of the step's process. Source maps are in `dist/lambda-maps` and are not deployed.
 *
 * @module
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundling } from './bundling.mjs';
import { packagesOfEsbuild } from './licenses.mjs';
import { filesIn, hashOfSources } from './sources.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(ROOT, 'lambda');
const TARGET = join(ROOT, 'dist/lambda');
const MAPS = join(ROOT, 'dist/lambda-maps');
const STAMP = join(ROOT, 'dist/.lambda.json');
/** The programs of a function: its handler, and the process that the handler starts. */
const ENTRIES = ['index.ts', 'process.ts'];

/** Returns the hash of all inputs of the bundles. */
const sourceHash = () =>
  hashOfSources(
    ROOT,
    ['lambda', 'src'],
    [
      'package-lock.json',
      'scripts/lambda.mjs',
      'scripts/bundling.mjs',
      'scripts/licenses.mjs',
      'scripts/sources.mjs',
      'tsconfig.json',
    ],
  );

const isCurrent = (/** @type {string} */ hash) =>
  existsSync(STAMP) && JSON.parse(readFileSync(STAMP, 'utf8')).hash === hash;

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
  /** @type {Set<string>} */
  const packages = new Set();
  for (const name of names) {
    const { outputFiles, metafile } = await build({
      ...bundling(ROOT, { credentials: 'environment' }),
      entryPoints: ENTRIES.map((entry) => join(SOURCES, name, entry)).filter(existsSync),
      outdir: join(TARGET, name),
      outExtension: { '.js': '.mjs' },
      sourcemap: 'external',
      metafile: true,
      define: { HEADRACE_VERSION: JSON.stringify(version) },
    });
    for (const each of packagesOfEsbuild(metafile)) packages.add(each);
    for (const { path, contents } of outputFiles) {
      const target = path.endsWith('.map') ? join(MAPS, name, basename(path)) : path;
      mkdirSync(join(target, '..'), { recursive: true });
      // The rename is atomic: a concurrent reader sees the old bundle or the new one.
      writeFileSync(`${target}.${process.pid}`, contents);
      renameSync(`${target}.${process.pid}`, target);
    }
  }
  for (const name of readdirSync(TARGET))
    if (!name.startsWith('.') && !names.includes(name))
      rmSync(join(TARGET, name), { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ hash, packages: [...packages].sort() }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildLambdas({ force: process.argv.includes('--force') });
  for (const file of filesIn(TARGET).filter((path) => path.endsWith('.mjs')))
    console.error(`${relative(ROOT, file)} ${readFileSync(file).byteLength} bytes`);
}
