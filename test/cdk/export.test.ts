/**
 * `headrace/cdk` in an app of a user: the packed package, with the `aws-cdk-lib` of the app, and
 * without a network.
 *
 * @module
 */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { parseTemplate } from '../aws/deployed/template.ts';
import { execute, ROOT } from '../e2e/headrace.ts';

const NO_SERVER = 'http://127.0.0.1:9';
const MODULES = join(ROOT, 'node_modules');

const APP = `
import { App, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ConfigError, Headrace, HeadraceStack } from 'headrace/cdk';

const app = new App({ outdir: 'cdk.out' });
const stack = new Stack(app, 'user-app');
const headrace = new Headrace(stack, 'Pipelines', {
  prefix: 'user-app',
  queues: { default: { type: 'fargate', spot: true } },
  projects: { forecasts: { secrets: ['forecasts/warehouse'] } },
  image: { uri: 'registry.example/steps:1' },
});
new Bucket(stack, 'Data').grantRead(headrace.projects.stepRoles.forecasts!);
new Rule(stack, 'Failed', {
  eventBus: headrace.transitions.bus,
  eventPattern: { source: ['headrace'], detail: { status: ['failed'] } },
  targets: [new SqsQueue(new Queue(stack, 'FailedRuns'))],
});
new HeadraceStack(app, 'whole', { prefix: 'whole' });
try {
  new Headrace(stack, 'Wrong', { prefix: 'No Prefix' });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.log(error.issues.join());
}
app.synth();
`;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'headrace-app-'));
  const packed = await execute(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', home],
    { cwd: ROOT },
  );
  const [{ filename }] = z
    .tuple([z.looseObject({ filename: z.string() })])
    .parse(JSON.parse(packed.stdout));
  await mkdir(join(home, 'node_modules'));
  await execute('tar', ['-xzf', filename, '--transform=s/^package/node_modules\\/headrace/'], {
    cwd: home,
  });
  // The packages that npm would install: the peer dependencies, and the dependencies of the
  // package.
  for (const name of await installed()) {
    await mkdir(join(home, 'node_modules', name, '..'), { recursive: true });
    await symlink(join(MODULES, name), join(home, 'node_modules', name));
  }
  await writeFile(
    join(home, 'package.json'),
    JSON.stringify({ name: 'user-app', private: true, type: 'module' }),
  );
  await writeFile(join(home, 'app.mjs'), APP.replaceAll('!)', ')'));
  await writeFile(join(home, 'app.ts'), APP);
}, 120_000);
afterAll(() => rm(home, { recursive: true, force: true }));

async function installed(): Promise<readonly string[]> {
  const { dependencies } = z
    .looseObject({ dependencies: z.record(z.string(), z.string()) })
    .parse(createRequire(import.meta.url)('../../package.json'));
  return ['aws-cdk-lib', 'constructs', ...Object.keys(dependencies)];
}

const templateOf = async (stack: string) =>
  parseTemplate(await readFile(join(home, 'cdk.out', `${stack}.template.json`), 'utf8')).Resources;

it('the package synthesizes the construct in a stack of the app, and the complete stack', {
  timeout: 120_000,
}, async () => {
  const proxies = { HTTP_PROXY: NO_SERVER, HTTPS_PROXY: NO_SERVER, CDK_DOCKER: '/nowhere/docker' };
  const { code, stdout, stderr } = await execute(process.execPath, ['app.mjs'], {
    cwd: home,
    env: proxies,
  });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('prefix: 2 to 20 lower-case letters, digits and dashes, a letter first');

  const resources = Object.values(await templateOf('user-app'));
  const names = resources
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties.FunctionName);
  // CloudFormation names the evaluator.
  expect(names.sort()).toEqual([
    ...['api', 'controller', 'router', 'schedules', 'sweeper'].map((name) => `user-app-${name}`),
    undefined,
  ]);
  const grants = JSON.stringify(resources.filter(({ Type }) => Type === 'AWS::IAM::Policy'));
  expect(grants).toContain('s3:GetBucket*');
  expect(
    Object.values(await templateOf('whole')).some(({ Type }) => Type === 'AWS::Batch::JobQueue'),
  ).toBe(true);

  // The bundles of the functions are in the package.
  const assets = (await readdir(join(home, 'cdk.out'))).filter((name) => name.startsWith('asset.'));
  const bundles = await Promise.all(
    assets.map((asset) => readdir(join(home, 'cdk.out', asset)).catch((): string[] => [])),
  );
  expect(bundles.filter((files) => files.includes('index.mjs')).length).toBeGreaterThanOrEqual(5);
});

it('the types of the package reject an invalid configuration', { timeout: 120_000 }, async () => {
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(MODULES, '@types')],
  };
  await writeFile(
    join(home, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['app.ts'] }),
  );
  const compile = () =>
    execute(process.execPath, [join(MODULES, 'typescript/bin/tsc'), '-p', '.'], { cwd: home });
  expect(await compile()).toMatchObject({ code: 0, stdout: '' });
  await writeFile(
    join(home, 'app.ts'),
    APP.replace("type: 'fargate', spot: true", "type: 'fargat'"),
  );
  expect((await compile()).stdout).toContain('app.ts');
});
