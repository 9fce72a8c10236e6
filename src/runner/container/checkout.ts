/**
 * `repo`, `repoBranch`, `repoCommit`: the repository's files as the step's working directory, with
 * the uncommitted changes of the local checkout that `repo` named.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Preparation } from '../../model/container-settings.ts';
import { patchBytes, type RepoPatch } from '../../model/repo-patch.ts';
import { messageOf } from '../../sdk/value-errors.ts';
import { type CommandOptions, runCommand } from './command.ts';
import { PreparationError } from './errors.ts';
import { KNOWN_HOSTS } from './known-hosts.ts';

/**
 * Git must never prompt: no one could answer. A host must be known, by this file or by a file of the
 * image. Other transports would execute a program or wait for another process.
 */
const unattended = (knownHosts: string) => ({
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
  GIT_SSH_COMMAND: `ssh -oBatchMode=yes -oStrictHostKeyChecking=yes '-oGlobalKnownHostsFile=/etc/ssh/ssh_known_hosts "${knownHosts}"'`,
});

/** Reads an object of at most so many bytes. */
export type ReadObject = (key: string, maxBytes: number) => Promise<Uint8Array>;

/**
 * Checks the repository out into `folder`: the commit, else the branch or tag, else the remote's
 * HEAD; then applies the patch. Writes a file of known hosts beside `folder`.
 *
 * @throws PreparationError
 */
export async function checkOut(
  { repo, repoBranch, repoCommit, repoPatch }: Preparation & { readonly repo: string },
  folder: string,
  options: CommandOptions,
  readObject: ReadObject,
): Promise<void> {
  requireRemote(repo);
  const knownHosts = `${folder}.known_hosts`;
  await writeFile(knownHosts, KNOWN_HOSTS);
  const env = { ...unattended(knownHosts), ...options.env };
  const git = async (...args: readonly string[]): Promise<void> => {
    try {
      await runCommand(withoutPassword(`git ${args.join(' ')}`), 'git', args, { ...options, env });
    } catch (error) {
      if (options.signal.aborted) throw error;
      const reason = withoutPassword(messageOf(error));
      throw new PreparationError('repo', reason + adviceFor(reason));
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
  if (repoPatch !== undefined) {
    const file = `${folder}.patch`;
    await writeFile(file, await readPatch(repoPatch, readObject));
    await git('-C', folder, 'apply', '--binary', '--whitespace=nowarn', file);
  }
}

/** A folder of the machine that started the run does not exist in a container. */
function requireRemote(repo: string): void {
  if (/^(?:[^/]+:|[-/])/.test(repo)) return;
  throw new PreparationError(
    'repo',
    `${JSON.stringify(repo)} is a folder of the machine that started the run, and no remote of it with its commit was known there: push the commit, or give the URL of the repository`,
  );
}

async function readPatch(
  { key, hash, size }: RepoPatch,
  readObject: ReadObject,
): Promise<Uint8Array> {
  const object = await readObject(key, size);
  if (createHash('sha256').update(object).digest('hex') !== hash)
    throw new PreparationError(
      'repo',
      `the uncommitted changes (${key}) are damaged: start the run again`,
    );
  return patchBytes(object);
}

function adviceFor(reason: string): string {
  if (reason.includes('ENOENT'))
    return '. The image has no git: install it there, or in dockerBashSetupScript';
  return reason.includes('Host key verification failed')
    ? '. The host is not known: add its key to ~/.ssh/known_hosts in dockerBashSetupScript, or to /etc/ssh/ssh_known_hosts in the image'
    : '';
}

const withoutPassword = (text: string): string => text.replaceAll(/(\/\/)[^/@\s]+@/g, '$1…@');
