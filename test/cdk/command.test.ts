/**
 * `cdk synth` of the repository.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parseTemplate } from '../aws/deployed/template.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** An address without a server. */
const NO_SERVER = 'http://127.0.0.1:9';

it('cdk synth needs no account, no Docker and no network', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-synth-'));
  try {
    const args = [
      join(ROOT, 'node_modules/aws-cdk/bin/cdk'),
      'synth',
      '--quiet',
      '--output',
      folder,
    ];
    const proxies = {
      HTTP_PROXY: NO_SERVER,
      HTTPS_PROXY: NO_SERVER,
      http_proxy: NO_SERVER,
      https_proxy: NO_SERVER,
    };
    // The only program on the path is Node, so Docker is not found.
    await promisify(execFile)(process.execPath, args, {
      cwd: ROOT,
      env: {
        PATH: `${dirname(process.execPath)}:/bin`,
        HOME: folder,
        CDK_DOCKER: '/nowhere/docker',
        ...proxies,
      },
    });
    const { Resources } = parseTemplate(
      await readFile(join(folder, 'headrace.template.json'), 'utf8'),
    );
    expect(
      Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function'),
    ).toHaveLength(6);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
