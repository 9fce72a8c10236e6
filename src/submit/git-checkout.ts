/**
 * Reads the state of a local git checkout: its remote, its commit, and its uncommitted changes as a
 * patch.
 *
 * 1. The checkout and its repository are not changed: the patch is made with an index and a folder
 *    of objects of its own.
 * 2. The URL of the remote contains no credentials.
 * 3. What containers cannot reproduce is a problem with a remedy. It does not prevent that the rest
 *    is read: the commit and the patch identify the content in local runs, too.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { copyFile, lstat, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MAX_PATCH_BYTES } from '../model/repo-patch.ts';
import { findRemote, type Git, isOnRemote } from './git-remote.ts';

export interface CheckoutState {
  readonly url?: string | undefined;
  readonly commit?: string | undefined;
  readonly patch?: { readonly content: Buffer; readonly files: number } | undefined;
  /** Why a container cannot reproduce the checkout, and the remedy. */
  readonly problem?: string | undefined;
}

const MAX_OUTPUT_BYTES = 64 * 2 ** 20;
const MIB = 2 ** 20;

/** A reason why the checkout cannot travel. */
class CheckoutProblem extends Error {}

/**
 * @param isPinned the options name a branch or a commit: neither the commit nor changes travel
 */
export async function readCheckout(folder: string, isPinned: boolean): Promise<CheckoutState> {
  const git = gitIn(folder);
  const state: { -readonly [K in keyof CheckoutState]: CheckoutState[K] } = {};
  const attempt = async (read: () => Promise<void>): Promise<void> => {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof CheckoutProblem)) throw error;
      state.problem ??= error.message;
    }
  };
  await attempt(async () => {
    await requireRoot(folder, git);
    if (!isPinned) state.commit = await headCommit(git);
  });
  if (state.problem !== undefined) return state;
  await attempt(async () => {
    const remote = await findRemote(git);
    if (!remote.ok) throw new CheckoutProblem(remote.problem);
    if (state.commit !== undefined && !(await isOnRemote(git, remote.name, state.commit)))
      throw new CheckoutProblem(
        `its commit ${state.commit.slice(0, 10)} is not on the remote ${remote.name} (${remote.url}): push it with \`git push\`, or set repo to a URL`,
      );
    state.url = remote.url;
  });
  if (!isPinned)
    await attempt(async () => {
      state.patch = await readPatch(folder, git);
    });
  if (state.problem !== undefined) state.url = undefined;
  return state;
}

const gitIn =
  (folder: string, variables: Readonly<Record<string, string>> = {}): Git =>
  async (...args) =>
    (await runGit(folder, args, variables)).toString();

async function runGit(
  folder: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const { stdout } = await promisify(execFile)('git', ['-C', folder, ...args], {
    env: {
      ...process.env,
      GIT_DIR: undefined,
      GIT_WORK_TREE: undefined,
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      LC_ALL: 'C',
      ...variables,
    },
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return stdout;
}

async function requireRoot(folder: string, git: Git): Promise<void> {
  let top: string;
  try {
    top = (await git('rev-parse', '--show-toplevel')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new CheckoutProblem(
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'git is not installed on this machine: install it, or set repo to a URL'
        : 'it is no checkout of a git repository: set repo to a URL, or to the folder of a checkout',
    );
  }
  const [root, own] = [await realpath(top), await realpath(folder)];
  if (root !== own)
    throw new CheckoutProblem(
      `it is a folder inside of the checkout ${root}: name that folder, and set workingDir to ${JSON.stringify(relative(root, own))}`,
    );
}

const headCommit = (git: Git): Promise<string> =>
  git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}').then(
    (text) => text.trim(),
    () => {
      throw new CheckoutProblem('it has no commit: commit its files and push them');
    },
  );

interface Changes {
  readonly paths: readonly string[];
  readonly untracked: readonly string[];
}

/** The uncommitted changes, of tracked files and of new ones that are not ignored. */
async function readPatch(folder: string, git: Git): Promise<CheckoutState['patch']> {
  const changes = await readChanges(git);
  if (changes.paths.length === 0) return undefined;
  await requireNoLargeFiles(folder, git, changes);
  const content = await diff(folder, git);
  if (content.length > MAX_PATCH_BYTES) throw tooLarge(content.length, undefined);
  return content.length === 0 ? undefined : { content, files: changes.paths.length };
}

async function readChanges(git: Git): Promise<Changes> {
  const text = await git(
    ...['status', '--porcelain=v2', '-z', '--untracked-files=all'],
    ...['--ignore-submodules=none', '--no-renames'],
  );
  const paths: string[] = [];
  const untracked: string[] = [];
  for (const entry of text.split('\0')) {
    const [kind = '', , submodule = ''] = entry.split(' ', 3);
    if (kind === 'u')
      throw new CheckoutProblem('a merge has left conflicts in it: resolve them, and commit');
    if (kind === '?') {
      const path = entry.slice(2);
      if (path.endsWith('/'))
        throw new CheckoutProblem(
          `it contains another repository, ${path}: add it to .gitignore, or make it a submodule`,
        );
      untracked.push(path);
      paths.push(path);
    } else if (kind === '1') {
      const path = entry.split(' ').slice(8).join(' ');
      if (submodule.startsWith('S'))
        throw new CheckoutProblem(
          `its submodule ${path} has changes that are not committed: commit and push them there, then commit the submodule here`,
        );
      paths.push(path);
    }
  }
  return { paths, untracked };
}

async function requireNoLargeFiles(
  folder: string,
  git: Git,
  { paths, untracked }: Changes,
): Promise<void> {
  const sizes = await Promise.all(
    untracked.map(async (path) => {
      const size = await lstat(join(folder, path)).then(
        (stats) => stats.size,
        () => 0,
      );
      return { path, size };
    }),
  );
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_PATCH_BYTES)
    throw tooLarge(
      total,
      sizes.reduce((a, b) => (b.size > a.size ? b : a)),
    );
  // Git LFS stores pointers in commits: the content of a changed file is not on the server.
  for (let from = 0; from < paths.length; from += 500) {
    const attributes = await git(
      'check-attr',
      '-z',
      'filter',
      '--',
      ...paths.slice(from, from + 500),
    );
    const fields = attributes.split('\0');
    const index = fields.findIndex((field, at) => at % 3 === 2 && field === 'lfs');
    if (index !== -1)
      throw new CheckoutProblem(
        `${fields[index - 2]} is in Git LFS, and its changes are not committed: commit and push them`,
      );
  }
}

const inMiB = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

const tooLarge = (
  bytes: number,
  largest: { readonly path: string; readonly size: number } | undefined,
): CheckoutProblem =>
  new CheckoutProblem(
    `its uncommitted changes have ${inMiB(bytes)}, and at most ${inMiB(MAX_PATCH_BYTES)} travel with a run: commit and push them, or add data to .gitignore${largest === undefined ? '' : ` (the largest new file is ${largest.path}, ${inMiB(largest.size)})`}`,
  );

/** The difference of the working tree and `HEAD` (rule 1). */
async function diff(folder: string, git: Git): Promise<Buffer> {
  const temporary = await mkdtemp(join(tmpdir(), 'headrace-git-'));
  try {
    const path = async (name: string) =>
      resolve(folder, (await git('rev-parse', '--git-path', name)).trim());
    const index = join(temporary, 'index');
    const objects = join(temporary, 'objects');
    await mkdir(objects);
    // With the times of files in it, unchanged files are not read.
    await copyFile(await path('index'), index).catch(() => undefined);
    const variables = {
      GIT_INDEX_FILE: index,
      GIT_OBJECT_DIRECTORY: objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${(await path('objects')).replaceAll(/["\\]/g, '\\$&')}"`,
    };
    await runGit(folder, ['add', '--all'], variables);
    return await runGit(
      folder,
      [
        ...['diff', '--cached', '--binary', '--full-index', '--no-color', '--no-renames'],
        ...['--no-ext-diff', '--no-textconv', '--src-prefix=a/', '--dst-prefix=b/', 'HEAD'],
      ],
      variables,
    );
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
    )
      throw tooLarge(MAX_OUTPUT_BYTES, undefined);
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
