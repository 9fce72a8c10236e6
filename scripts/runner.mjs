/**
 * Makes `dist/runner`, from which the image of steps is built (`docker build dist/runner`): the
 * files of `runner/`, the licenses, and `step-container.js`, `local-container.js` and `logic-job.js`,
 * each one file with all dependencies. Does nothing if no source changed since the last build.
 *
 *     node scripts/runner.mjs [--force]
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundling } from './bundling.mjs';
import { NOTICES, noticesOf, packagesOfEsbuild } from './licenses.mjs';
import { filesIn, hashOfSources } from './sources.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(ROOT, 'runner');
const TARGET = join(ROOT, 'dist/runner');
const STAMP = join(ROOT, 'dist/.runner.json');

/** Returns the hash of all inputs of the folder. */
const sourceHash = () =>
  hashOfSources(
    ROOT,
    ['runner', 'src'],
    [
      'package-lock.json',
      'scripts/runner.mjs',
      'scripts/bundling.mjs',
      'scripts/licenses.mjs',
      'scripts/sources.mjs',
      'tsconfig.json',
    ],
  );

/**
 * Replaces a file atomically, because another process may read or write it at the same time.
 *
 * @param {string} path
 * @param {string | Uint8Array} content
 * @param {number} mode
 */
function replace(path, content, mode) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, content, { mode });
  renameSync(draft, path);
}

/**
 * Brings the folder up to date and returns its path.
 *
 * @param {{ force?: boolean }} [options]
 */
export async function buildRunner({ force = false } = {}) {
  const hash = sourceHash();
  if (!force && existsSync(STAMP) && JSON.parse(readFileSync(STAMP, 'utf8')).hash === hash)
    return TARGET;
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    ...bundling(ROOT, { credentials: 'anywhere' }),
    entryPoints: [
      join(ROOT, 'src/programs/step-container.ts'),
      join(ROOT, 'src/programs/local-container.ts'),
      join(ROOT, 'src/programs/logic-job.ts'),
    ],
    outdir: join(TARGET, 'lib'),
    metafile: true,
  });
  /** @type {Map<string, string | Uint8Array>} */
  const files = new Map(
    filesIn(SOURCES).map((file) => [relative(SOURCES, file), readFileSync(file)]),
  );
  for (const { path, contents } of outputFiles) files.set(relative(TARGET, path), contents);
  // Marks the files of `lib` as ES modules.
  files.set('lib/package.json', '{"type":"module"}\n');
  const packages = packagesOfEsbuild(metafile);
  // The image is passed on without the package.
  files.set('LICENSE', readFileSync(join(ROOT, 'LICENSE')));
  files.set(NOTICES, noticesOf(ROOT, packages));
  for (const [file, content] of files)
    replace(join(TARGET, file), content, file.startsWith('bin/') ? 0o755 : 0o644);
  for (const file of filesIn(TARGET))
    if (!file.endsWith('.draft') && !files.has(relative(TARGET, file)))
      rmSync(file, { force: true });
  replace(STAMP, JSON.stringify({ hash, packages }), 0o644);
  return TARGET;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildRunner({ force: process.argv.includes('--force') });
