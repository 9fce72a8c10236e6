/**
 * A registry of npm packages on loopback, with the packages that the tests install: the tests need
 * no network.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';

export interface Registry {
  /** Environment variables with which npm uses this registry. */
  readonly variables: Readonly<Record<string, string>>;
  /** The paths of the downloaded tarballs, in order. */
  readonly fetched: readonly string[];
  stop(): Promise<void>;
}

export interface Published {
  readonly name: string;
  readonly version: string;
  /** The text of its only module. */
  readonly code: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export async function startRegistry(packages: readonly Published[]): Promise<Registry> {
  const tarballs = new Map<string, Buffer>();
  for (const each of packages)
    tarballs.set(`/${each.name}/-/${each.name}-${each.version}.tgz`, await pack(each));
  const fetched: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const tarball = tarballs.get(path);
    if (tarball !== undefined) {
      fetched.push(path);
      response.end(tarball);
      return;
    }
    const versions = packages.filter(({ name }) => path === `/${name}`);
    const latest = versions.at(-1);
    if (latest === undefined) {
      response.writeHead(404).end('{}');
      return;
    }
    const manifests = versions.map(({ name, version, dependencies = {} }) => {
      const tarballPath = `/${name}/-/${name}-${version}.tgz`;
      const integrity = `sha512-${createHash('sha512')
        .update(tarballs.get(tarballPath) ?? '')
        .digest('base64')}`;
      return [
        version,
        { name, version, dependencies, dist: { tarball: `${origin}${tarballPath}`, integrity } },
      ] as const;
    });
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        name: latest.name,
        'dist-tags': { latest: latest.version },
        versions: Object.fromEntries(manifests),
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the registry has no port');
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    // npm has its own proxy settings in addition to those of the environment.
    variables: {
      npm_config_registry: `${origin}/`,
      npm_config_noproxy: '127.0.0.1',
      NO_PROXY: '127.0.0.1',
      npm_config_fetch_retries: '0',
    },
    fetched,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function pack({ name, version, code, dependencies }: Published): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-package-'));
  try {
    await mkdir(join(folder, 'package'));
    await writeFile(
      join(folder, 'package/package.json'),
      JSON.stringify({ name, version, type: 'module', exports: './index.js', dependencies }),
    );
    await writeFile(join(folder, 'package/index.js'), code);
    await create({ cwd: folder, file: join(folder, 'package.tgz'), gzip: true }, ['package']);
    return await readFile(join(folder, 'package.tgz'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two packages: one has two versions, and the other depends on it. */
export const PUBLISHED: readonly Published[] = [
  { name: 'counting', version: '1.0.0', code: "export const version = '1.0.0';" },
  { name: 'counting', version: '1.2.0', code: "export const version = '1.2.0';" },
  {
    name: 'adding',
    version: '2.0.0',
    code: "import { version } from 'counting'; export const add = (a, b) => [a + b, version];",
    dependencies: { counting: '^1.0.0' },
  },
];
