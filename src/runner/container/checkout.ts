/**
 * `repo`, `repoBranch`, `repoCommit`: the repository's files as the step's working directory.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Preparation } from '../../model/container-settings.ts';
import { messageOf } from '../errors.ts';
import { type CommandOptions, runCommand } from './command.ts';
import { PreparationError } from './errors.ts';

/** Git must never prompt: no one could answer. */
const UNATTENDED = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oStrictHostKeyChecking=accept-new',
};

/**
 * Checks the repository out into `folder`: the commit, else the branch or tag, else the remote's
 * HEAD.
 *
 * @throws PreparationError
 */
export async function checkOut(
  { repo, repoBranch, repoCommit }: Preparation & { readonly repo: string },
  folder: string,
  options: CommandOptions,
): Promise<void> {
  const env = { ...UNATTENDED, ...options.env };
  const git = async (...args: readonly string[]): Promise<void> => {
    try {
      await runCommand(withoutPassword(`git ${args.join(' ')}`), 'git', args, { ...options, env });
    } catch (error) {
      if (options.signal.aborted) throw error;
      const reason = withoutPassword(messageOf(error));
      throw new PreparationError(
        'repo',
        reason.includes('ENOENT')
          ? `${reason}. The image has no git: install it there, or in dockerBashSetupScript`
          : reason,
      );
    }
  };
  await git('init', '--quiet', folder);
  await git('-C', folder, 'remote', 'add', '--', 'origin', repo);
  const fetch = (...args: readonly string[]) => git('-C', folder, 'fetch', '--quiet', ...args);
  if (repoCommit === undefined) {
    await fetch('--depth', '1', '--', 'origin', repoBranch ?? 'HEAD');
    await git('-C', folder, 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
  } else {
    // Some servers do not serve a commit by its id, and none serves it by an abbreviated id.
    await fetch('--depth', '1', '--', 'origin', repoCommit).catch(async (error: unknown) => {
      if (options.signal.aborted) throw error;
      await fetch(
        '--tags',
        '--',
        'origin',
        ...(repoBranch === undefined ? ['+refs/heads/*:refs/remotes/origin/*'] : [repoBranch]),
      );
    });
    await git('-C', folder, 'checkout', '--quiet', '--detach', repoCommit);
  }
  if (existsSync(join(folder, '.gitmodules')))
    await git('-C', folder, 'submodule', 'update', '--quiet', '--init', '--recursive');
}

const withoutPassword = (text: string): string => text.replaceAll(/(\/\/)[^/@\s]+@/g, '$1…@');
