/**
 * Local checkouts in the option `repo`, with real git repositories: what is resolved when a pipeline
 * is compiled, and what a container makes of it.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { MAX_PATCH_BYTES, patchBytes } from '../../../src/model/repo-patch.ts';
import { checkOut } from '../../../src/runner/container/checkout.ts';
import { compile } from '../../../src/submit/compile.ts';
import { LocalRepositoryError } from '../../../src/submit/errors.ts';
import { readCheckout } from '../../../src/submit/git-checkout.ts';
import { publicUrl } from '../../../src/submit/git-remote.ts';
import {
  repositoryNotes,
  repositoryProblemNotes,
  requireUsableRepositories,
} from '../../../src/submit/repositories.ts';

const URL = 'https://git.example/team/repo.git';

interface Checkout {
  readonly folder: string;
  readonly origin: string;
  git(...args: readonly string[]): Promise<string>;
  write(path: string, content: string | Buffer): Promise<void>;
  /** Commits all files and returns the commit. */
  commit(): Promise<string>;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-repositories-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function run(folder: string, ...args: readonly string[]): Promise<string> {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@host.example'];
  const all = ['-C', folder, ...identity, ...args];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  return (await promisify(execFile)('git', all, { env })).stdout.trim();
}

/** A checkout with one pushed commit, whose remote has the URL. */
async function checkout(name = 'repo', url = URL): Promise<Checkout> {
  const parent = await temporaryFolder();
  const [folder, origin] = [join(parent, name), join(parent, 'origin.git')];
  await run(parent, 'init', '--quiet', '--bare', '--initial-branch', 'main', origin);
  await run(parent, 'init', '--quiet', '--initial-branch', 'main', folder);
  const git = (...args: readonly string[]) => run(folder, ...args);
  const write = async (path: string, content: string | Buffer) => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const commit = async () => {
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'a commit');
    return git('rev-parse', 'HEAD');
  };
  await write('kept.txt', 'kept\n');
  await write('changed.txt', 'one\ntwo\nthree\n');
  await write('removed.txt', 'removed\n');
  await write('.gitignore', 'ignored.txt\n');
  await commit();
  await git('remote', 'add', 'origin', origin);
  await git('push', '--quiet', '--set-upstream', 'origin', 'main');
  await git('remote', 'set-url', 'origin', url);
  return { folder, origin, git, write, commit };
}

async function makeChanges({ folder, git, write }: Checkout): Promise<void> {
  await write('changed.txt', 'one\n2\nthree\n');
  await rm(join(folder, 'removed.txt'));
  await write('staged.txt', 'staged\n');
  await git('add', 'staged.txt');
  await write('new/a file \u00e9.txt', 'new\n');
  await write('latin1.txt', Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]));
  await write('binary.bin', Buffer.from([0, 255, 1, 254, 10, 13, 0]));
  await write('run.sh', '#!/bin/sh\n');
  await chmod(join(folder, 'run.sh'), 0o755);
  await symlink('kept.txt', join(folder, 'link.txt'));
  await write('ignored.txt', 'secret\n');
}

test('a clean checkout is resolved to its remote and its commit, and nothing else travels', async () => {
  const { folder, git } = await checkout();
  expect(await readCheckout(folder, false)).toEqual({
    url: URL,
    commit: await git('rev-parse', 'HEAD'),
  });
});

test('changed, removed, staged, binary and new files travel to a container; ignored files do not, and the checkout stays as it is', async () => {
  const local = await checkout();
  await makeChanges(local);
  const status = await local.git('status', '--porcelain');
  const objects = await local.git('count-objects');
  const { commit = '', patch } = await readCheckout(local.folder, false);
  expect(patch?.files).toBe(8);
  expect(await local.git('status', '--porcelain')).toBe(status);
  expect(await local.git('count-objects')).toBe(objects);

  const container = join(await temporaryFolder(), 'repository');
  const text = patch?.content.toString('latin1') ?? '';
  const hash = await sha256(text);
  await checkOut(
    {
      repo: `file://${local.origin}`,
      repoCommit: commit,
      repoPatch: { hash, key: `code/${hash}.patch`, size: Buffer.byteLength(text), files: 8 },
    },
    container,
    { cwd: join(container, '..'), env: process.env, signal: AbortSignal.timeout(60_000) },
    async () => Buffer.from(text),
  );
  const read = (path: string) => readFile(join(container, path));
  expect((await read('kept.txt')).toString()).toBe('kept\n');
  expect((await read('changed.txt')).toString()).toBe('one\n2\nthree\n');
  expect((await read('staged.txt')).toString()).toBe('staged\n');
  expect((await read('new/a file \u00e9.txt')).toString()).toBe('new\n');
  expect([...(await read('latin1.txt'))]).toEqual([0x63, 0x61, 0x66, 0xe9, 0x0a]);
  expect([...(await read('binary.bin'))]).toEqual([0, 255, 1, 254, 10, 13, 0]);
  expect((await read('link.txt')).toString()).toBe('kept\n');
  expect((await stat(join(container, 'run.sh'))).mode & 0o100).toBe(0o100);
  await expect(read('removed.txt')).rejects.toThrow('ENOENT');
  await expect(read('ignored.txt')).rejects.toThrow('ENOENT');
});

test('a patch of another hash is refused', async () => {
  const local = await checkout();
  const container = join(await temporaryFolder(), 'repository');
  const hash = 'a'.repeat(64);
  await expect(
    checkOut(
      {
        repo: `file://${local.origin}`,
        repoPatch: { hash, key: `code/${hash}.patch`, size: 3, files: 1 },
      },
      container,
      { cwd: join(container, '..'), env: process.env, signal: AbortSignal.timeout(60_000) },
      async () => Buffer.from('abc'),
    ),
  ).rejects.toThrow('the uncommitted changes (code/aaaa');
});

async function sha256(text: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(text).digest('hex');
}

test('a patch is the same bytes after its object was read', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  expect(patchBytes(Buffer.from(bytes.toString('latin1')))).toEqual(bytes);
});

test('a checkout with a detached head is resolved, and so is one of a worktree', async () => {
  const { folder, git } = await checkout();
  const commit = await git('rev-parse', 'HEAD');
  await git('checkout', '--quiet', '--detach');
  expect(await readCheckout(folder, false)).toEqual({ url: URL, commit });
  const worktree = join(await temporaryFolder(), 'tree');
  await git('worktree', 'add', '--quiet', worktree);
  await writeFile(join(worktree, 'kept.txt'), 'changed\n');
  expect(await readCheckout(worktree, false)).toMatchObject({
    url: URL,
    commit,
    patch: { files: 1 },
  });
});

test.each<[string, RegExp, (local: Checkout) => Promise<unknown>]>([
  [
    'a commit that is not pushed',
    /^its commit [0-9a-f]{10} is not on the remote origin \(https:\/\/git\.invalid\/repo\.git\): push it/,
    async ({ git, write, commit }) => {
      await git('remote', 'set-url', 'origin', 'https://git.invalid/repo.git');
      await write('new.txt', 'new');
      await commit();
    },
  ],
  ['no remote', /^it has no remote/, ({ git }) => git('remote', 'remove', 'origin')],
  [
    'several remotes of which none is origin',
    /^it has the remotes a, b/,
    async ({ git }) => {
      await git('remote', 'rename', 'origin', 'a');
      await git('remote', 'add', 'b', URL);
      await git('checkout', '--quiet', '--detach');
    },
  ],
  [
    'a remote that is a folder',
    /^its remote origin is a folder of this machine/,
    ({ git, origin }) => git('remote', 'set-url', 'origin', origin),
  ],
  [
    'new files that are too large',
    /^its uncommitted changes have 10\.0 MiB.*the largest new file is data\.bin, 10\.0 MiB/,
    ({ write }) => write('data.bin', Buffer.alloc(MAX_PATCH_BYTES + 1)),
  ],
  [
    'another repository inside',
    /^it contains another repository, inner\//,
    async ({ folder }) => {
      await run(folder, 'init', '--quiet', 'inner');
      await writeFile(join(folder, 'inner/file'), 'x');
    },
  ],
  [
    'a changed file of Git LFS',
    /^large\.bin is in Git LFS/,
    async ({ write }) => {
      await write('.gitattributes', '*.bin filter=lfs\n');
      await write('large.bin', 'content');
    },
  ],
])('the problem of a checkout with %s has a remedy', async (_, problem, change) => {
  const local = await checkout();
  await change(local);
  const state = await readCheckout(local.folder, false);
  expect(state.problem).toMatch(problem);
  expect(state.url).toBeUndefined();
  expect(state.commit).toMatch(/^[0-9a-f]{40}$/);
});

test('a submodule without changes is part of the checkout, and changes in it are refused', async () => {
  const [local, inner] = [await checkout(), await checkout('inner')];
  const source = ['-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet'];
  await local.git(...source, inner.origin, 'sub');
  await local.commit();
  await local.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  expect(await readCheckout(local.folder, false)).toMatchObject({ url: URL });
  await local.write('sub/kept.txt', 'changed');
  expect((await readCheckout(local.folder, false)).problem).toMatch(
    /^its submodule sub has changes that are not committed/,
  );
});

test('a folder that is no checkout, and a folder inside of one, are no repository for containers', async () => {
  expect((await readCheckout(await temporaryFolder(), false)).problem).toMatch(
    /^it is no checkout of a git repository/,
  );
  const { folder, write } = await checkout();
  await write('inside/file', 'x');
  expect(await readCheckout(join(folder, 'inside'), false)).toEqual({
    problem: expect.stringMatching(/^it is a folder inside of the checkout .*"inside"$/),
  });
  const empty = await temporaryFolder();
  await run(empty, 'init', '--quiet');
  expect((await readCheckout(empty, false)).problem).toMatch(/^it has no commit/);
});

test('with a branch or a commit in the options, neither the commit nor the changes of the checkout travel', async () => {
  const local = await checkout();
  await makeChanges(local);
  expect(await readCheckout(local.folder, true)).toEqual({ url: URL });
});

test.each([
  ['https://ada:token@git.example/a.git', 'https://git.example/a.git'],
  ['https://token@git.example:8443/a.git', 'https://git.example:8443/a.git'],
  ['ssh://git:word@git.example/a.git', 'ssh://git@git.example/a.git'],
  ['git@git.example:team/a.git', 'git@git.example:team/a.git'],
  ['git://git.example/a@b.git', 'git://git.example/a@b.git'],
  ['file:///srv/a.git', undefined],
  ['/srv/a.git', undefined],
  ['../a.git', undefined],
  ['C:\\repos\\a.git', undefined],
])('the remote %s is %s for containers', (url, expected) => {
  expect(publicUrl(url)).toBe(expected);
});

const SOURCE = `
  import { component, pipeline } from 'headrace';
  const own = component({ repo: './checkout' }, function own() { return 1; });
  const inherited = component({}, function inherited() { return 2; });
  const pinned = component({ repo: './checkout', repoBranch: 'main' }, function pinned() { return 3; });
  const remote = component({ repo: 'https://git.example/other.git' }, function remote() { return 4; });
  export const main = pipeline({ name: 'repositories', repo: './checkout' }, async function main() {
    own(); inherited(); pinned(); remote();
  });
`;

test('the code of a pipeline has the remote, the commit and the patch of the checkouts of its components, without credentials', async () => {
  const local = await checkout('checkout', 'https://ada:s3cret@git.example/team/repo.git');
  await makeChanges(local);
  const project = join(local.folder, '..');
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  const file = join(project, 'pipeline.ts');
  await writeFile(file, SOURCE);
  const compiled = await compile({ file });
  const commit = await local.git('rev-parse', 'HEAD');
  const repositories = Object.fromEntries(
    compiled.code.components.map(({ name, repository }) => [name, repository]),
  );
  const whole = { url: URL, commit, patch: { files: 8 } };
  expect(repositories).toMatchObject({ own: whole, inherited: whole, pinned: { url: URL } });
  expect(repositories.remote).toBeUndefined();
  expect(repositories.pinned).toEqual({ url: URL });
  const { patch } = repositories.own ?? {};
  expect(compiled.texts.get(patch?.key ?? '')).toContain('+++ b/changed.txt');
  const declared = compiled.components.find(({ name }) => name === 'own');
  expect(declared).toMatchObject({ repo: URL, repoCommit: commit, repoPatch: patch });
  expect(JSON.stringify([compiled.code, compiled.components])).not.toContain('s3cret');
  const [note] = repositoryNotes(compiled.repositories);
  expect(note).toBe(
    `note: repo "./checkout" is ${URL} at ${commit.slice(0, 10)}, with uncommitted changes of 8 files`,
  );

  // Another state of the checkout is another version of the code.
  await local.write('kept.txt', 'changed, too');
  expect((await compile({ file })).code.hash).not.toBe(compiled.code.hash);
  await local.git('checkout', '--quiet', 'kept.txt');
  expect((await compile({ file })).code.hash).toBe(compiled.code.hash);
});

test('a checkout that no container can use is accepted for local runs with a note, and refused for others', async () => {
  const local = await checkout('checkout');
  await local.git('remote', 'remove', 'origin');
  const project = join(local.folder, '..');
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  const file = join(project, 'pipeline.ts');
  await writeFile(file, SOURCE);
  const { code, components, repositories } = await compile({ file });
  const commit = await local.git('rev-parse', 'HEAD');
  expect(code.components.find(({ name }) => name === 'own')?.repository).toEqual({ commit });
  expect(components.find(({ name }) => name === 'own')).toMatchObject({
    repo: './checkout',
    repoCommit: commit,
  });
  expect(repositoryProblemNotes(repositories)[0]).toMatch(
    /^note: repo "\.\/checkout" cannot be used in a container: it has no remote/,
  );
  expect(() => requireUsableRepositories(repositories)).toThrow(LocalRepositoryError);
});
