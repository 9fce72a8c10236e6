/**
 * Builds the web console into `dist/console`, by `console/vite.config.mjs`. `scripts/build.mjs` calls it
 * when a source of the console changed.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { packagesOfRolldown } from './licenses.mjs';

const CONFIG = fileURLToPath(new URL('../console/vite.config.mjs', import.meta.url));

/** @returns {Promise<string[]>} the packages whose code is in the files */
export async function buildConsole() {
  const { build } = await import('vite');
  // A runner of tests sets it to another value, which selects the development build of React.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  const built = await build({ configFile: CONFIG, configLoader: 'native' }).finally(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  });
  if (!('output' in built)) throw new Error('the build of the console has no single output');
  const chunks = built.output.filter((file) => file.type === 'chunk');
  // Its base styles are in the style sheet.
  return [...new Set([...packagesOfRolldown(chunks), 'node_modules/tailwindcss'])].sort();
}
