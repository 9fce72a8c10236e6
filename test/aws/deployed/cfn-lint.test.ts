/**
 * Checks the synthesized templates with cfn-lint. It is a Python program, which the first run
 * installs into a folder of the cache.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import type { HeadraceConfig } from '../../../lib/config.ts';
import bundle from '../../cdk/bundle.ts';
import { newStack } from '../../cdk/synthesized.ts';

const run = promisify(execFile);
const PYTHON = process.env.HEADRACE_PYTHON ?? 'python3';
const REQUIREMENT = 'cfn-lint==1.51.0';
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/headrace', import.meta.url));
const PACKAGES = join(CACHE, REQUIREMENT.replace('==', '-'));

beforeAll(async () => {
  bundle();
  if (existsSync(PACKAGES)) return;
  await mkdir(CACHE, { recursive: true });
  const installing = await mkdtemp(join(CACHE, 'installing-'));
  try {
    await run(PYTHON, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-warn-script-location',
      '--target',
      installing,
      REQUIREMENT,
    ]);
    await rename(installing, PACKAGES);
  } catch (error) {
    await rm(installing, { recursive: true, force: true });
    if (existsSync(PACKAGES)) return;
    throw new Error(
      `cfn-lint could not be installed; it needs Python with pip and a package index, once: ${PYTHON} -m pip install ${REQUIREMENT}`,
      {
        cause: error,
      },
    );
  }
});

/** W3005: CDK states dependencies that CloudFormation would derive anyway. */
const IGNORED = ['W3005'];

it.each<[string, HeadraceConfig]>([
  ['the defaults', {}],
  [
    'machines, projects, alarms, tokens',
    {
      queues: {
        default: { type: 'fargate', spot: true },
        gpu: { type: 'ec2', instanceTypes: ['g5.xlarge'], gpu: true, spot: true },
        low: { type: 'shared', with: 'gpu' },
      },
      projects: { 'team/forecasts': { secrets: ['forecasts/key'] } },
      alarms: { email: 'ml@example.org' },
      api: { auth: { type: 'oidc', issuer: 'https://issuer.example', audience: ['headrace'] } },
    },
  ],
  ['a private API', { api: { endpoint: 'private' } }],
])('cfn-lint has no findings for the template of %s', async (_description, config) => {
  const { app, stack } = newStack(config);
  app.synth();
  const template = join(app.outdir, stack.templateFile);
  const linted = run(
    PYTHON,
    ['-m', 'cfnlint', '--regions', 'us-east-1', '--ignore-checks', ...IGNORED, '--', template],
    {
      env: { ...process.env, PYTHONPATH: PACKAGES },
    },
  );
  const { stdout } = await linted.catch((error: { readonly stdout?: string }) => ({
    stdout: error.stdout ?? String(error),
  }));
  expect(stdout).toBe('');
});
