/**
 * Writes THIRD-PARTY-NOTICES for the package: the licenses of all packages whose code is in `dist`.
 * Builds first what is not up to date.
 *
 *     node scripts/notices.mjs
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { buildLambdas } from './lambda.mjs';
import { NOTICES, noticesOf } from './licenses.mjs';
import { buildRunner } from './runner.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

await build({ types: false });
await buildLambdas();
await buildRunner();
const packages = ['build', 'lambda', 'runner'].flatMap((name) => {
  /** @type {{ packages: string[], consolePackages?: string[] }} */
  const stamp = JSON.parse(readFileSync(join(ROOT, `dist/.${name}.json`), 'utf8'));
  return [...stamp.packages, ...(stamp.consolePackages ?? [])];
});
writeFileSync(join(ROOT, NOTICES), noticesOf(ROOT, packages));
