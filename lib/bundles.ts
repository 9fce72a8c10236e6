/**
 * Where the functions' bundles are: one folder each, made by `scripts/lambda.mjs` in the repository and part of the published package.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Kept in step with the folders of `lambda/`. */
export type LambdaName = 'api' | 'authorizer' | 'controller' | 'evaluator' | 'router' | 'sweeper';

/** Beside `dist/cdk.js` in the package; in the repository this module is in `lib`. */
const CANDIDATE_FOLDERS = ['./lambda/', '../dist/lambda/'];

/** @throws Error if the bundle is not there */
export function lambdaFolder(name: LambdaName): string {
  for (const candidate of CANDIDATE_FOLDERS) {
    const folder = fileURLToPath(new URL(`${candidate}${name}`, import.meta.url));
    if (existsSync(`${folder}/index.mjs`)) return folder;
  }
  throw new Error(`the bundle of the function ${name} is missing: run node scripts/lambda.mjs`);
}
