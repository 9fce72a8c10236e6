import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkOut } from '../../../src/runner/container/checkout.ts';
import { KNOWN_HOSTS } from '../../../src/runner/container/known-hosts.ts';

/** The fingerprints that the operators publish. */
const FINGERPRINTS = [
  ['github.com', 'ssh-ed25519', '+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU'],
  ['github.com', 'ecdsa-sha2-nistp256', 'p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM'],
  ['gitlab.com', 'ssh-ed25519', 'eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8'],
  ['gitlab.com', 'ecdsa-sha2-nistp256', 'HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw'],
  ['bitbucket.org', 'ssh-ed25519', 'ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM'],
  ['bitbucket.org', 'ecdsa-sha2-nistp256', 'FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0'],
];

test('the keys of well-known hosts have the published fingerprints', () => {
  const entries = KNOWN_HOSTS.trim()
    .split('\n')
    .map((line) => {
      const [host, type, key = ''] = line.split(' ');
      const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64');
      return [host, type, digest.replace(/=+$/, '')];
    });
  expect(entries).toEqual(FINGERPRINTS);
});

test('a repository over SSH is fetched only from a known host, and the error for another host says how to add its key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'known hosts-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const program = join(folder, 'ssh');
  await writeFile(
    program,
    `#!/bin/sh\nfor a in "$@"; do echo "$a" >> "${folder}/args"; done\necho 'Host key verification failed.' >&2\nexit 255\n`,
  );
  await chmod(program, 0o755);
  const checkedOut = checkOut(
    { repo: 'git@git.example:a/b.git' },
    join(folder, 'repository'),
    {
      cwd: folder,
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      signal: new AbortController().signal,
    },
    () => Promise.reject(new Error('there are no objects')),
  );
  await expect(checkedOut).rejects.toThrow(
    /Host key verification failed[\s\S]*add its key to ~\/\.ssh\/known_hosts in dockerBashSetupScript/,
  );
  const args = (await readFile(join(folder, 'args'), 'utf8')).split('\n');
  expect(args).toContain('-oStrictHostKeyChecking=yes');
  expect(args).toContain('-oBatchMode=yes');
  const file = join(folder, 'repository.known_hosts');
  expect(args).toContain(`-oGlobalKnownHostsFile=/etc/ssh/ssh_known_hosts "${file}"`);
  expect(await readFile(file, 'utf8')).toBe(KNOWN_HOSTS);
});
