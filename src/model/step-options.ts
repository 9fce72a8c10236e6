/**
 * The options of a step that views show besides its queue, type and tags: its stage, the isolation
 * of its process, and what its container is made of.
 *
 * @module
 */
import type { JsonObject } from './json.ts';
import type { ComponentDeclaration } from './options.ts';

const SHOWN = [
  'stage',
  'isolation',
  'docker',
  'dockerArgs',
  'dockerBashSetupScript',
  'resources',
  'environment',
  'secrets',
  'packages',
  'repo',
  'repoBranch',
  'repoCommit',
  'repoPatch',
  'workingDir',
] as const satisfies readonly (keyof ComponentDeclaration)[];

/**
 * The options that are set; undefined if none is. Of secrets, the declaration has names only. The
 * URL of a repository is shown without a password.
 */
export function stepOptionsOf(declaration: ComponentDeclaration): JsonObject | undefined {
  const options: Record<string, JsonObject[string]> = {};
  if (declaration.draft) options.draft = true;
  const { repo, repoPatch } = declaration;
  const shown = {
    ...declaration,
    repo: repo?.replace(/^([^/]*\/\/[^/:@]*):[^/@]*@/, '$1:…@'),
    repoPatch: repoPatch && { files: repoPatch.files, bytes: repoPatch.size, hash: repoPatch.hash },
  };
  for (const name of SHOWN) {
    const value = shown[name];
    if (value !== undefined) options[name] = JSON.parse(JSON.stringify(value));
  }
  return Object.keys(options).length === 0 ? undefined : options;
}
