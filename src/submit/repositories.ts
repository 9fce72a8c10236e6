/**
 * Resolves the local checkouts that the option `repo` names to their remotes and commits.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { PipelineCode } from '../model/code.ts';
import { codeKey, PATCH_EXTENSION } from '../model/object-layout.ts';
import type { ComponentDeclaration } from '../model/options.ts';
import { patchText } from '../model/repo-patch.ts';
import type { Repository } from '../model/repository.ts';
import { isRepositoryUrl } from './environment.ts';
import { LocalRepositoryError } from './errors.ts';
import { readCheckout } from './git-checkout.ts';

export interface LocalRepository extends Repository {
  /** As the option `repo` names it. */
  readonly folder: string;
  /** Why a container cannot use it, and the remedy. */
  readonly problem?: string | undefined;
}

export interface WithRepositories {
  readonly code: PipelineCode;
  /** Each folder once. */
  readonly repositories: readonly LocalRepository[];
  /** The patches, by their key in the store. */
  readonly patches: ReadonlyMap<string, string>;
}

/** @param root the root of the project; paths are relative to it */
export async function resolveRepositories(
  code: PipelineCode,
  components: readonly ComponentDeclaration[],
  root: string,
): Promise<WithRepositories> {
  const patches = new Map<string, string>();
  const read = new Map<string, Promise<LocalRepository>>();
  const ofComponent = new Map<string, Repository>();
  for (const { id, repo, repoBranch, repoCommit } of components) {
    if (repo === undefined || isRepositoryUrl(repo)) continue;
    const isPinned = repoBranch !== undefined || repoCommit !== undefined;
    const key = JSON.stringify([repo, isPinned]);
    const reading = read.get(key) ?? readRepository(repo, resolve(root, repo), isPinned, patches);
    read.set(key, reading);
    const { folder, problem, ...repository } = await reading;
    if (Object.keys(repository).length > 0) ofComponent.set(id, repository);
  }
  return {
    code: {
      ...code,
      components: code.components.map((component) => {
        const repository = ofComponent.get(component.id);
        return repository === undefined ? component : { ...component, repository };
      }),
    },
    repositories: await Promise.all(read.values()),
    patches,
  };
}

async function readRepository(
  folder: string,
  path: string,
  isPinned: boolean,
  patches: Map<string, string>,
): Promise<LocalRepository> {
  const { url, commit, patch, problem } = await readCheckout(path, isPinned);
  return {
    folder,
    ...(url === undefined ? {} : { url }),
    ...(commit === undefined ? {} : { commit }),
    ...(patch === undefined ? {} : { patch: storePatch(patch, patches) }),
    ...(problem === undefined ? {} : { problem }),
  };
}

function storePatch(
  { content, files }: { readonly content: Buffer; readonly files: number },
  patches: Map<string, string>,
): NonNullable<Repository['patch']> {
  const text = patchText(content);
  const hash = createHash('sha256').update(text).digest('hex');
  const key = codeKey(hash, PATCH_EXTENSION);
  patches.set(key, text);
  return { hash, key, size: Buffer.byteLength(text), files };
}

/** @throws LocalRepositoryError if a container cannot use one of them */
export function requireUsableRepositories(repositories: readonly LocalRepository[]): void {
  for (const { folder, problem } of repositories)
    if (problem !== undefined) throw new LocalRepositoryError(folder, problem);
}

/** A line for each checkout that containers use: its remote, its commit and its changes. */
export const repositoryNotes = (repositories: readonly LocalRepository[]): string[] =>
  repositories.flatMap(({ folder, url, commit, patch }) =>
    url === undefined
      ? []
      : [
          `note: repo ${JSON.stringify(folder)} is ${url}${commit === undefined ? '' : ` at ${commit.slice(0, 10)}`}${patch === undefined ? '' : `, with uncommitted changes of ${patch.files} ${patch.files === 1 ? 'file' : 'files'}`}`,
        ],
  );

/** A line for each checkout that containers could not use. Local runs do not need it. */
export const repositoryProblemNotes = (repositories: readonly LocalRepository[]): string[] =>
  repositories.flatMap(({ folder, problem }) =>
    problem === undefined
      ? []
      : [`note: repo ${JSON.stringify(folder)} cannot be used in a container: ${problem}`],
  );
