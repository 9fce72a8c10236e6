/**
 * The folders of the functions' bundles. `scripts/lambda.mjs` makes them in the repository; the
 * published package contains them.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stage, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { SETTINGS_FILE } from '../src/aws/deployment/settings.ts';

/** One name for each folder of `lambda/`. */
export type LambdaName =
  | 'api'
  | 'authorizer'
  | 'console'
  | 'controller'
  | 'evaluator'
  | 'notifications'
  | 'router'
  | 'schedules'
  | 'step'
  | 'sweeper';

/** In the package, beside `dist/cdk.js`; in the repository, relative to `lib`. */
const CANDIDATE_FOLDERS = ['./lambda/', '../dist/lambda/'];
/** The same for the files of the web console. */
const CONSOLE_FOLDERS = ['./console/', '../dist/console/'];

/** @throws Error if the bundle is missing */
export function lambdaFolder(name: LambdaName): string {
  for (const candidate of CANDIDATE_FOLDERS) {
    const folder = fileURLToPath(new URL(`${candidate}${name}`, import.meta.url));
    if (existsSync(`${folder}/index.mjs`)) return folder;
  }
  throw new Error(`the bundle of the function ${name} is missing: run node scripts/lambda.mjs`);
}

/** @throws Error if the web console is not built */
export function consoleFolder(): string {
  for (const candidate of CONSOLE_FOLDERS) {
    const folder = fileURLToPath(new URL(candidate, import.meta.url));
    if (existsSync(`${folder}index.html`)) return folder;
  }
  throw new Error('the web console is not built: run node scripts/build.mjs');
}

/**
 * A folder with the bundle of a function and its settings, in the output of the app. Equal settings
 * have the same folder.
 *
 * @param folders further folders beside the bundle, by their names
 */
export function codeFolder(
  scope: Construct,
  name: LambdaName,
  settings: object,
  folders: Readonly<Record<string, string>> = {},
): string {
  const text = JSON.stringify(settings);
  if (Token.isUnresolved(text))
    throw new Error(`a setting in the code of ${name} is not known at synthesis: ${text}`);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const folder = join(Stage.of(scope)?.outdir ?? '.', `headrace-${name}-${hash}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(lambdaFolder(name), 'index.mjs'), join(folder, 'index.mjs'));
  writeFileSync(join(folder, SETTINGS_FILE), text);
  for (const [beside, source] of Object.entries(folders))
    cpSync(source, join(folder, beside), { recursive: true });
  return folder;
}
