/**
 * The start of `npm run simulate`. It bundles the simulation into one file, because a program that
 * is compiled while it loads spends half of its time on that.
 *
 * @module
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'node_modules/.cache/simulation');
const FILE = join(FOLDER, `main-${process.pid}.mjs`);

mkdirSync(FOLDER, { recursive: true });
await build({
  cwd: ROOT,
  input: 'test/simulation/main.ts',
  platform: 'node',
  experimental: { attachDebugInfo: 'none' },
  external: (id) => /^(?:node:|rolldown$|es-module-lexer$)/.test(id),
  plugins: [
    {
      name: 'source-urls',
      // A module finds the files beside it by the URL of its source.
      transform: {
        filter: { id: /test\/simulation/ },
        handler: (code, id) =>
          code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
      },
    },
  ],
  output: { file: FILE, format: 'esm', codeSplitting: false },
  write: true,
});
try {
  await import(pathToFileURL(FILE).href);
} finally {
  rmSync(FILE);
}
