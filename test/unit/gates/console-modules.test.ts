import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { expect, it } from 'vitest';

const SOURCES = 'console/src';

it('no module of the console waits while it is loaded: chunks that import it would wait for ever', () => {
  const waiting = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/u.test(file))
    .filter((file) => {
      try {
        transformSync(readFileSync(join(SOURCES, file), 'utf8'), {
          loader: file.endsWith('x') ? 'tsx' : 'ts',
          format: 'esm',
          jsx: 'automatic',
          supported: { 'top-level-await': false },
          logLevel: 'silent',
        });
        return false;
      } catch {
        return true;
      }
    });
  expect(waiting).toEqual([]);
});
