/**
 * Bundles the functions, each folder of `lambda/` into `dist/lambda/<name>/index.mjs`, or leaves
 * them alone if nothing changed since.
 *
 *     node scripts/lambda.mjs [--force]
 *
 * One file each with everything in it, minified; its source map lies apart, in `dist/lambda-maps`,
 * and is not deployed.
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
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundling } from './bundling.mjs';
import { filesIn, hashOfSources } from './sources.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(ROOT, 'lambda');
const TARGET = join(ROOT, 'dist/lambda');
const MAPS = join(ROOT, 'dist/lambda-maps');
const STAMP = join(ROOT, 'dist/.lambda.json');

/** Of all that the bundles depend on. */
const sourceHash = () =>
  hashOfSources(
    ROOT,
    ['lambda', 'src'],
    [
      'package-lock.json',
      'scripts/lambda.mjs',
      'scripts/bundling.mjs',
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
  for (const name of names) {
    const { outputFiles } = await build({
      ...bundling(ROOT, { credentials: 'environment' }),
      entryPoints: [join(SOURCES, name, 'index.ts')],
      outfile: join(TARGET, name, 'index.mjs'),
      sourcemap: 'external',
      define: { HEADRACE_VERSION: JSON.stringify(version) },
    });
    for (const { path, contents } of outputFiles) {
      const place = path.endsWith('.map') ? join(MAPS, `${name}.mjs.map`) : path;
      mkdirSync(join(place, '..'), { recursive: true });
      // Whoever reads meanwhile sees the old bundle or the new one, whole.
      writeFileSync(`${place}.${process.pid}`, contents);
      renameSync(`${place}.${process.pid}`, place);
    }
  }
  for (const name of readdirSync(TARGET))
    if (!name.startsWith('.') && !names.includes(name))
      rmSync(join(TARGET, name), { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ hash }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildLambdas({ force: process.argv.includes('--force') });
  for (const file of filesIn(TARGET).filter((path) => path.endsWith('.mjs')))
    console.error(`${relative(ROOT, file)} ${readFileSync(file).byteLength} bytes`);
}
