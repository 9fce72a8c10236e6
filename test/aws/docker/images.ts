/**
 * Builds the images of the tests without a registry:
 *
 * - a base image, by debootstrap or from the tarball of a root file system that
 *   `HEADRACE_TEST_ROOTFS` names;
 * - the step image on this base, from `runner/Dockerfile`, with Node and npm from npm packages;
 * - an image as a user may have it.
 *
 * Parts that are slow to build or downloaded are cached below `node_modules/.cache`.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runnerFolder } from '../runner/program.ts';
import { type DockerEngine, isInstalled, NoDockerError } from './engine.ts';

const run = promisify(execFile);

export const RUNNER_IMAGE = 'headrace-runner:test';
/**
 * An image without Node, git and the C++ library, with its own user and an ENTRYPOINT that executes
 * its arguments.
 */
export const USER_IMAGE = 'headrace-user:test';

const BASE_IMAGE = 'headrace-base:test';
const NODE_VERSION = '24.9.0';
const NPM_VERSION = '11.19.1';
const SUITE = 'bookworm';
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/headrace', import.meta.url));

/**
 * Builds or downloads the parts of the images, and caches them.
 *
 * @throws NoDockerError if that fails
 */
export const fetchParts = (): Promise<readonly [rootfs: string, vendor: string]> =>
  Promise.all([rootFileSystem(), vendorFolder()]);

/** @throws NoDockerError if the parts of the images are not available */
export async function buildImages(engine: DockerEngine): Promise<void> {
  const [rootfs, vendor] = await fetchParts();
  await engine.docker('import', rootfs, BASE_IMAGE);
  const context = await mkdtemp(join(tmpdir(), 'headrace-image-'));
  try {
    await cp(runnerFolder(), context, { recursive: true });
    await cp(vendor, join(context, 'vendor'), { recursive: true });
    await engine.docker(
      'build',
      '--network=host',
      '--build-arg',
      `BASE=${BASE_IMAGE}`,
      '--tag',
      RUNNER_IMAGE,
      context,
    );
    await buildUserImage(engine, join(context, 'user'));
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function buildUserImage(engine: DockerEngine, context: string): Promise<void> {
  await mkdir(context);
  await writeFile(join(context, 'entry.sh'), '#!/bin/sh\necho "entry of the image"\nexec "$@"\n', {
    mode: 0o755,
  });
  await writeFile(
    join(context, 'Dockerfile'),
    [
      `FROM ${BASE_IMAGE}`,
      'RUN rm -f /usr/lib/*/libstdc++.so.6* /usr/bin/git && useradd --create-home ada',
      'COPY entry.sh /entry.sh',
      'USER ada',
      'WORKDIR /home/ada',
      'ENV FROM_IMAGE=yes',
      'ENTRYPOINT ["/entry.sh"]',
      '',
    ].join('\n'),
  );
  await engine.docker('build', '--tag', USER_IMAGE, context);
}

/** Returns a tarball of Debian with git. */
async function rootFileSystem(): Promise<string> {
  const provided = process.env.HEADRACE_TEST_ROOTFS;
  if (provided !== undefined) return provided;
  const tarball = join(CACHE, `rootfs-${SUITE}-${process.arch}.tar`);
  if (existsSync(tarball)) return tarball;
  if (!(await isInstalled('debootstrap'))) {
    throw new NoDockerError(
      'the base image is missing: apt-get install debootstrap, or name a tarball of a root file system with git in HEADRACE_TEST_ROOTFS',
    );
  }
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'headrace-rootfs-'));
  try {
    await run(
      'debootstrap',
      ['--variant=minbase', '--include=git,ca-certificates', SUITE, folder],
      { maxBuffer: 2 ** 26 },
    );
    const draft = `${tarball}.${process.pid}`;
    await run('tar', [
      '-C',
      folder,
      '--exclude=./var/cache/apt/archives/*.deb',
      '--exclude=./var/lib/apt/lists/*',
      '-cf',
      draft,
      '.',
    ]);
    await rename(draft, tarball);
    return tarball;
  } catch (error) {
    throw new NoDockerError(
      `the base image is missing, and debootstrap failed: ${error instanceof Error ? error.message.slice(-2000) : error}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns a folder with `node`, the program, and `npm`, the package. */
async function vendorFolder(): Promise<string> {
  const folder = join(CACHE, `vendor-node-${NODE_VERSION}-npm-${NPM_VERSION}`);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, 'vendoring-'));
  await unpack(`node-linux-${process.arch}@${NODE_VERSION}`, join(draft, 'packages/node'));
  await unpack(`npm@${NPM_VERSION}`, join(draft, 'npm'));
  await rename(join(draft, 'packages/node/bin/node'), join(draft, 'node'));
  await rm(join(draft, 'packages'), { recursive: true });
  // Another process may have created the folder first.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  return folder;
}

async function unpack(name: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder, name]);
    const file = join(folder, stdout.trim().split('\n').at(-1) ?? '');
    await run('tar', ['-xzf', file, '--strip-components=1', '-C', folder]);
    await rm(file);
  } catch (error) {
    throw new NoDockerError(
      `${name} could not be fetched from the npm registry: ${error instanceof Error ? error.message : error}`,
    );
  }
}
