/**
 * Runs a TypeScript program of this repository as the package would run: bundled like `dist`, with nothing added that would distort a measurement.
 *
 *     node scripts/run.mjs bench/main.ts [arguments]
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { hostOptions } from './build.mjs';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node scripts/run.mjs <program.ts> [arguments]');
  process.exit(2);
}
const name = `.${basename(join(entry, '..'))}-${basename(entry, '.ts')}.js`;
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const options = hostOptions({ [name]: entry });
await build({ ...options, output: { ...options.output, entryFileNames: '[name]', chunkFileNames: '.[name]-[hash].js' }, write: true });
const child = spawn(process.execPath, ['--expose-gc', '--enable-source-maps', join(dist, name), ...args], { stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 128;
});
