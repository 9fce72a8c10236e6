/**
 * Runs a TypeScript program of this repository in the form of the package: bundled like `dist`, and
 * without a loader that would distort a measurement.
 *
 *     node scripts/run.mjs bench/main.ts [arguments]
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { hostOptions } from './build.mjs';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node scripts/run.mjs <program.ts> [arguments]');
  process.exit(2);
}
/** Hidden files of `dist` are not part of the package. */
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const name = `.${basename(join(entry, '..'))}`;
for (const file of readdirSync(dist)) if (file.startsWith(`${name}-`)) rmSync(join(dist, file));

const options = hostOptions({ [`${name}-${basename(entry, '.ts')}`]: entry });
await build({
  ...options,
  output: { ...options.output, chunkFileNames: `${name}-[name]-[hash].js` },
  write: true,
});
const child = spawn(
  process.execPath,
  ['--expose-gc', join(dist, `${name}-${basename(entry, '.ts')}.js`), ...args],
  { stdio: 'inherit' },
);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 128;
});
