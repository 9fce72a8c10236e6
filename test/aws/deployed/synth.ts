/**
 * The assembly that `cdk deploy` would upload, synthesized from the same stack and bundles.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Tags } from 'aws-cdk-lib';
import type { HeadraceConfig } from '../../../lib/config.ts';
import { HeadraceStack } from '../../../lib/stack.ts';
import { parseTemplate, type Template } from './template.ts';

export interface Assembly {
  readonly folder: string;
  readonly stack: string;
  readonly template: Template;
}

const script = (name: string): string =>
  fileURLToPath(new URL(`../../../scripts/${name}`, import.meta.url));

/**
 * @param folder an empty folder for the assembly
 * @param appTags of the app around the stack
 */
export function synthesize(
  folder: string,
  stack: string,
  config: HeadraceConfig,
  appTags: Readonly<Record<string, string>> = {},
): Assembly {
  for (const name of ['lambda.mjs', 'runner.mjs'])
    execFileSync(process.execPath, [script(name)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const app = new App({ outdir: folder, analyticsReporting: false });
  new HeadraceStack(app, stack, config);
  for (const [key, value] of Object.entries(appTags)) Tags.of(app).add(key, value);
  app.synth();
  return {
    folder,
    stack,
    template: parseTemplate(readFileSync(join(folder, `${stack}.template.json`), 'utf8')),
  };
}

/** Replaces the template in the assembly's folder: `cdk deploy --app` deploys that folder. */
export function withTemplate(assembly: Assembly, template: Template): Assembly {
  const { folder, stack } = assembly;
  const file = join(folder, `${stack}.template.json`);
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const [before, after] = [readFileSync(file, 'utf8'), JSON.stringify(template)];
  writeFileSync(file, after);
  // The template is uploaded under its hash, which two files contain.
  for (const name of ['manifest.json', `${stack}.assets.json`]) {
    const list = readFileSync(join(folder, name), 'utf8');
    if (!list.includes(hash(before)))
      throw new Error(`${name} does not name the template by its hash`);
    writeFileSync(join(folder, name), list.replaceAll(hash(before), hash(after)));
  }
  return { ...assembly, template };
}
