/**
 * A local checkout that the option `repo` names, as it was when the pipeline was compiled.
 *
 * @module
 */
import { z } from 'zod';
import type { ComponentDeclaration } from './options.ts';
import { repoPatchSchema } from './repo-patch.ts';

export const repositorySchema = z.strictObject({
  /** The URL of its remote, without credentials. Absent if a container cannot use the checkout. */
  url: z.string().optional(),
  /** The commit that was checked out. Absent if the options name a branch or a commit. */
  commit: z.string().optional(),
  /** The uncommitted changes. Absent if there are none. */
  patch: repoPatchSchema.optional(),
});
export type Repository = z.infer<typeof repositorySchema>;

/** What distinguishes two states of a checkout. */
export const repositoryIdentity = ({ url, commit, patch }: Repository): object => ({
  repository: [url ?? null, commit ?? null, patch?.hash ?? null],
});

/** The declaration of a component whose `repo` is a local checkout, with its remote and commit. */
export function withRepository(
  declaration: ComponentDeclaration,
  repository: Repository | undefined,
): ComponentDeclaration {
  if (repository === undefined) return declaration;
  const { url, commit, patch } = repository;
  return {
    ...declaration,
    ...(url === undefined ? {} : { repo: url }),
    ...(commit === undefined ? {} : { repoCommit: commit }),
    ...(patch === undefined ? {} : { repoPatch: patch }),
  };
}
