/**
 * Where the npm of a step comes from in an environment without the runner's own.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../../../src/runner/container/command.ts';
import { npmCommand } from '../../../src/runner/container/npm-program.ts';

const { signal } = new AbortController();

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A tarball like that of npm, whose program writes its arguments to the file `output`. */
async function aRelease(output: string) {
  const folder = await aFolder();
  await mkdir(join(folder, 'package/bin'), { recursive: true });
  await writeFile(
    join(folder, 'package/bin/npm-cli.js'),
    `require('node:fs').writeFileSync(${JSON.stringify(output)}, process.argv.slice(2).join(' '))`,
  );
  const file = join(folder, 'npm.tgz');
  await create({ cwd: folder, file, gzip: true }, ['package']);
  const tarball = await readFile(file);
  const sha512 = createHash('sha512').update(tarball).digest('base64');
  return { tarball, release: { version: '1.2.3', sha512 } };
}

/** A registry that answers with the content, or with 404. */
async function aRegistry(content: Buffer | undefined) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(stop);
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { paths, stop, url: `http://127.0.0.1:${port}/a/registry` };
}

/** An environment without npm. */
const bare = (registry: string) => ({
  env: { PATH: '/nowhere', NPM_CONFIG_REGISTRY: registry },
  signal,
});

it('an npm of the PATH is used, and nothing is downloaded', async () => {
  const [folder, cache] = [await aFolder(), await aFolder()];
  await writeFile(join(folder, 'npm'), '#!/bin/sh\n');
  await chmod(join(folder, 'npm'), 0o755);
  expect(await npmCommand(cache, { env: { PATH: `/nowhere:${folder}` }, signal })).toEqual(['npm']);
  expect(await readdir(cache)).toEqual([]);
});

it('without an npm, that of the configured registry is downloaded once for several steps', async () => {
  const [cache, folder] = [await aFolder(), await aFolder()];
  const output = join(folder, 'arguments');
  const { tarball, release } = await aRelease(output);
  const { paths, url } = await aRegistry(tarball);
  const [file, ...args] = await npmCommand(cache, bare(url), release);
  await runCommand('npm', file, [...args, 'install', 'a'], {
    cwd: folder,
    env: { PATH: '' },
    signal,
  });
  expect(await readFile(output, 'utf8')).toBe('install a');
  expect(await npmCommand(cache, bare(url), release)).toEqual([file, ...args]);
  expect(paths).toEqual(['/a/registry/npm/-/npm-1.2.3.tgz']);
  expect(await readdir(cache)).toEqual(['npm-1.2.3']);
});

it('two steps at the same time get the same npm', async () => {
  const cache = await aFolder();
  const { tarball, release } = await aRelease('/nowhere');
  const { url } = await aRegistry(tarball);
  const [first, second] = await Promise.all([
    npmCommand(cache, bare(`${url}/`), release),
    npmCommand(cache, bare(url), release),
  ]);
  expect(second).toEqual(first);
  expect(await readdir(cache)).toEqual(['npm-1.2.3']);
});

it('a tarball with another content than the published one is not used', async () => {
  const cache = await aFolder();
  const { release } = await aRelease('/nowhere');
  const { tarball } = await aRelease('/elsewhere');
  const { url } = await aRegistry(tarball);
  await expect(npmCommand(cache, bare(url), release)).rejects.toThrow(
    'its SHA-512 is not the expected one',
  );
  expect(await readdir(cache)).toEqual([]);
});

it('without a registry, the error names its address, the reason and the remedy', async () => {
  const cache = await aFolder();
  const { url, stop } = await aRegistry(undefined);
  await expect(npmCommand(cache, bare(url))).rejects.toThrow(
    /^packages: there is no npm, and http:\S+\/npm-\d+\.\d+\.\d+\.tgz cannot be used: HTTP 404\. The step must reach that registry\./,
  );
  await stop();
  await expect(npmCommand(cache, bare(url))).rejects.toThrow(
    /cannot be used: fetch failed: connect ECONNREFUSED .*use a queue on Fargate or EC2/,
  );
  expect(await readdir(cache)).toEqual([]);
});

it('the npm of the runner is the one that Headrace is built with', async () => {
  const manifest = JSON.parse(await readFile('package.json', 'utf8'));
  const { url, paths } = await aRegistry(undefined);
  await npmCommand(await aFolder(), bare(url)).catch(() => undefined);
  expect(paths).toEqual([`/a/registry/npm/-/${manifest.packageManager.replace('@', '-')}.tgz`]);
});
