/**
 * The folders of the functions' bundles. `scripts/lambda.mjs` makes them in the repository; the
 * published package contains them.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One name for each folder of `lambda/`. */
export type LambdaName = 'api' | 'authorizer' | 'controller' | 'evaluator' | 'router' | 'sweeper';

/** In the package, beside `dist/cdk.js`; in the repository, relative to `lib`. */
const CANDIDATE_FOLDERS = ['./lambda/', '../dist/lambda/'];

/** @throws Error if the bundle is missing */
export function lambdaFolder(name: LambdaName): string {
  for (const candidate of CANDIDATE_FOLDERS) {
    const folder = fileURLToPath(new URL(`${candidate}${name}`, import.meta.url));
    if (existsSync(`${folder}/index.mjs`)) return folder;
  }
  throw new Error(`the bundle of the function ${name} is missing: run node scripts/lambda.mjs`);
}
