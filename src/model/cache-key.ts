/**
 * The cache key of a step: a hash of everything that the step's result depends on.
 *
 * 1. The key of a declaration never changes, or all entries in the caches of users are lost. An
 *    option that is added later contributes nothing to the key while it is not set.
 * 2. Exactly the options with `cacheKey: true` in `option-table.ts` contribute. A missing or an
 *    additional option does not compile.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Package } from './code.ts';
import type { CacheKeyOption } from './option-table.ts';
import type { ComponentDeclaration } from './options.ts';
import { isStored, type Ref, type Value } from './value.ts';

/** The options of the key, and the changes of a local checkout, which no option sets. */
type KeyedField = CacheKeyOption | 'repoPatch';

export interface CacheKeyInput {
  /** The pipeline's project. */
  readonly project: string;
  /** The hash of the component's bundle. */
  readonly codeHash: string;
  /** The packages that the component's bundle imports. */
  readonly packages: readonly Package[];
  readonly options: Pick<ComponentDeclaration, KeyedField>;
  /** The hash of the pipeline's serializers; null if it has none. */
  readonly serializersHash: string | null;
  readonly args: Value;
  /** The values of other steps and large parts, and their positions in the arguments. */
  readonly refs: readonly { readonly path: Ref['path']; readonly value: Value | null }[];
}

/** The key, as the SHA-256 (hex) of a text with all parts. */
export const cacheKeyOf = (input: CacheKeyInput): string =>
  // A part that is undefined is not part of the text.
  createHash('sha256')
    .update(JSON.stringify(cacheKeyParts(input)))
    .digest('hex');

function cacheKeyParts(input: CacheKeyInput) {
  const {
    packages,
    returnValues,
    docker,
    dockerArgs,
    dockerBashSetupScript,
    repo,
    repoBranch,
    repoCommit,
    workingDir,
    secrets,
    environment: variables,
    cache: salt,
    ...laterOptions
  } = keyedOptions(input.options);
  return {
    project: input.project,
    code: input.codeHash,
    // The option may name a manifest: its path alone would not identify the packages in it.
    packages: packages === undefined ? input.packages : [packages, input.packages],
    returnValues,
    serializers: input.serializersHash,
    environment: [
      docker,
      dockerArgs,
      dockerBashSetupScript,
      repo,
      repoBranch,
      repoCommit,
      workingDir,
    ].map((setting) => setting ?? null),
    secrets,
    variables,
    salt: salt ?? null,
    args: contentIdentity(input.args),
    refs: input.refs.map(({ path, value }) => [path, contentIdentity(value)]),
    ...laterOptions,
  };
}

/** The contribution of each option; undefined if it contributes nothing. */
export function keyedOptions(options: CacheKeyInput['options']): {
  readonly [K in KeyedField]: unknown;
} {
  return {
    packages: options.packages,
    returnValues: options.returnValues,
    docker: options.docker,
    dockerArgs: options.dockerArgs,
    dockerBashSetupScript: options.dockerBashSetupScript,
    repo: options.repo,
    repoBranch: options.repoBranch,
    repoCommit: options.repoCommit,
    repoPatch: options.repoPatch?.hash,
    workingDir: options.workingDir,
    secrets: options.secrets === undefined ? undefined : Object.entries(options.secrets).sort(),
    environment:
      options.environment === undefined ? undefined : Object.entries(options.environment).sort(),
    cache: typeof options.cache === 'object' ? options.cache.salt : undefined,
  };
}

/** Identifies a value by its content: two steps that receive equal values have equal keys. */
export const contentIdentity = (value: Value | null): string =>
  value === null
    ? ''
    : isStored(value)
      ? `${value.format}:${value.hash}${value.executable === true ? ':executable' : ''}`
      : `${value.format}=${value.text}`;
