/**
 * The options `repo`, `repoBranch` and `repoCommit` with values that git, SSH or a shell could take
 * for an instruction. The checkout runs as in a container, with the git of this machine.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkOut } from '../../src/runner/container/checkout.ts';
import { execute, temporaryFolder } from '../e2e/headrace.ts';

interface Place {
  readonly folder: string;
  /** A repository with one commit. */
  readonly origin: string;
  /** The file that an executed instruction would create. */
  readonly marker: string;
}

async function aPlace(): Promise<Place> {
  const folder = await temporaryFolder();
  const origin = join(folder, 'origin');
  await mkdir(origin);
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
  for (const args of [
    ['init', '--quiet'],
    [...identity, 'commit', '--quiet', '--allow-empty', '-m', 'first'],
  ])
    expect(await execute('git', args, { cwd: origin })).toMatchObject({ code: 0 });
  return { folder, origin, marker: join(folder, 'executed') };
}

const noObjects = () => Promise.reject(new Error('there are no objects'));

/** Returns the error of the checkout; undefined if it succeeded. */
async function errorOf(
  { folder }: Place,
  preparation: {
    readonly repo: string;
    readonly repoBranch?: string;
    readonly repoCommit?: string;
  },
): Promise<string | undefined> {
  try {
    await checkOut(
      preparation,
      join(folder, 'checkout'),
      {
        cwd: folder,
        env: { ...process.env, HOME: folder },
        signal: AbortSignal.timeout(20_000),
      },
      noObjects,
    );
    return undefined;
  } catch (error) {
    return String(error);
  }
}

beforeAll(async () => {
  const { code } = await execute('git', ['--version'], { cwd: '/' });
  if (code !== 0) throw new Error('these tests need git');
});

describe('values that are meant as instructions', () => {
  test('an ordinary repository is checked out', async () => {
    const place = await aPlace();
    expect(await errorOf(place, { repo: place.origin })).toBeUndefined();
    expect(existsSync(join(place.folder, 'checkout/.git/HEAD'))).toBe(true);
  });

  test.each<[string, (marker: string) => string]>([
    ['a transport that executes a command', (marker) => `ext::sh -c touch% ${marker}`],
    ['an escaped transport', (marker) => `ext::touch ${marker}`],
    ['a transport that waits for another process', () => 'fd::17/repository'],
    ['an option of git', (marker) => `--upload-pack=touch ${marker}`],
    ['a short option', (marker) => `-u touch ${marker}`],
    ['an option of SSH as the host', (marker) => `ssh://-oProxyCommand=touch ${marker}/x`],
    ['an option of SSH in the short form', (marker) => `-oProxyCommand=touch ${marker}:x`],
    [
      'an option of SSH as the user',
      (marker) => `ssh://-oProxyCommand=touch ${marker}@localhost/x`,
    ],
    ['text of a shell', (marker) => `/nowhere; touch ${marker}`],
    ['a command substitution', (marker) => `/nowhere/$(touch ${marker})`],
    ['text of a shell in a path of SSH', (marker) => `ssh://127.0.0.1:1/x;touch ${marker}`],
    ['a line break', (marker) => `/nowhere\ntouch ${marker}`],
  ])('a repo that is %s executes nothing', async (_what, repoOf) => {
    const place = await aPlace();
    expect(await errorOf(place, { repo: repoOf(place.marker) })).toMatch(/^PreparationError: repo/);
    expect(existsSync(place.marker)).toBe(false);
  });

  test.each(['repoBranch', 'repoCommit'] as const)(
    'a %s that is an option or text of a shell executes nothing',
    async (option) => {
      const place = await aPlace();
      const { origin: repo, marker } = place;
      for (const value of [
        `--upload-pack=touch ${marker}`,
        `--exec=touch ${marker}`,
        `-c core.sshCommand=touch ${marker}`,
        `--output=${marker}`,
        `; touch ${marker}`,
        `$(touch ${marker})`,
        '+refs/heads/*:refs/heads/*',
        `HEAD:refs/heads/${'../'.repeat(5)}x`,
      ]) {
        await errorOf(place, { repo, [option]: value });
        expect(existsSync(marker), value).toBe(false);
      }
    },
  );

  test('a password in the address is in no error', async () => {
    const place = await aPlace();
    const error = await errorOf(place, { repo: 'http://user:hunter2@127.0.0.1:1/x.git' });
    expect(error).toContain('127.0.0.1:1');
    expect(error).not.toContain('hunter2');
  });
});
