/**
 * An AWS account as a place to deploy to, with the commands that users call: `cdk deploy` and
 * `cdk destroy`, under a profile of the AWS configuration.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';
import { readIdentity } from '../../src/cli/doctor/account.ts';
import { createAwsRequests } from '../../src/client/aws-requests.ts';
import { failures, resourcesOf } from '../../test/aws/deployed/deploy.ts';
import { type Assembly, synthesize } from '../../test/aws/deployed/synth.ts';
import { broken } from './broken.ts';
import { leftoversOf } from './leftovers.ts';
import { type Site, SMOKE_CONFIG } from './site.ts';

const CDK = join(
  dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')),
  'bin/cdk',
);
const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

export interface AccountOptions {
  readonly prefix: string;
  readonly profile: string;
  readonly region: string;
  readonly note: (line: string) => void;
}

/** @throws Error if the profile has no valid credentials */
export async function accountSite(options: AccountOptions): Promise<Site> {
  const { prefix, profile, region, note } = options;
  const identity = await readIdentity(createAwsRequests({ region, profile }));
  if (!identity.known) throw new Error(identity.reason);
  const folder = mkdtempSync(join(tmpdir(), 'headrace-smoke-stack-'));
  const environment = { AWS_PROFILE: profile, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  Object.assign(process.env, environment);
  let endpoint = '';

  const cdk = (...args: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [CDK, ...args, '--ci', '--no-color', '--no-notices'], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0
          ? resolve()
          : reject(new Error(`cdk ${args[0]} exited with ${code}:\n${text.slice(-4000)}`)),
      );
    });
  const assemblyOf = (config: HeadraceConfig): Assembly =>
    synthesize(mkdtempSync(join(folder, 'assembly-')), prefix, { ...config, prefix });
  const deploy = (assembly: Assembly, outputs: string) =>
    cdk(
      'deploy',
      prefix,
      '--app',
      assembly.folder,
      '--require-approval',
      'never',
      '--outputs-file',
      outputs,
    );

  const site: Site = {
    description: `account ${identity.value.account} in ${region}`,
    prefix,
    region,
    config: { ...SMOKE_CONFIG, prefix },
    environment,
    lacks: () => undefined,
    async deployBroken(config) {
      note('deploys a stack that fails on purpose');
      try {
        await deploy(broken(assemblyOf(config)), join(folder, 'broken.json'));
      } catch (error) {
        const reasons = await failuresOf(region, prefix);
        return reasons === '' ? String(error) : reasons;
      }
      throw new Error('the deployment that must fail succeeded');
    },
    async deploy(config) {
      note('deploys');
      const assembly = assemblyOf(config);
      const outputs = join(folder, 'outputs.json');
      await deploy(assembly, outputs);
      const stack = outputsSchema.parse(JSON.parse(readFileSync(outputs, 'utf8')))[prefix];
      endpoint = stack?.Endpoint ?? '';
      return endpoint;
    },
    resources: () =>
      resourcesOf({ endpoint: '', environment, stop: async () => undefined }, prefix),
    endpoint: () => endpoint,
    async destroy() {
      note('destroys');
      const client = new CloudFormationClient({ ...requestLimits('cloudformation'), region });
      try {
        await client.send(new DescribeStacksCommand({ StackName: prefix }));
      } catch (error) {
        if (error instanceof Error && error.name === 'ValidationError') return;
        throw error;
      } finally {
        client.destroy();
      }
      await cdk('destroy', prefix, '--app', assemblyOf({ ...SMOKE_CONFIG }).folder, '--force');
    },
    leftovers: () => leftoversOf(site),
    client: () => ({ region }),
    close: async () => rmSync(folder, { recursive: true, force: true }),
    manualRemoval: [
      `npm run smoke -- --profile ${profile} --region ${region} --prefix ${prefix} --only none`,
    ],
  };
  return site;
}

async function failuresOf(region: string, stack: string): Promise<string> {
  const client = new CloudFormationClient({ ...requestLimits('cloudformation'), region });
  try {
    return await failures(client, stack);
  } catch (error) {
    return `the failures could not be read: ${String(error)}`;
  } finally {
    client.destroy();
  }
}
