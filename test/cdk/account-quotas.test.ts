/**
 * The report of the CDK app about the quotas of the account that it deploys to.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkAccount } from '../../bin/account-quotas.ts';
import type { HeadraceConfig } from '../../lib/config.ts';
import {
  environmentOf,
  type FakeAccount,
  ORDINARY,
  startAccount,
} from '../support/fake-account.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NEW_ACCOUNT = {
  lambdaConcurrency: 10,
  quotas: { ...ORDINARY.quotas, 'L-3032A538': 6 },
} satisfies Partial<FakeAccount>;

async function environment(changes: Partial<FakeAccount>) {
  const account = await startAccount({ ...ORDINARY, ...changes });
  onTestFinished(() => account.close());
  // The credentials come from the process, as those of `cdk`.
  for (const [name, value] of Object.entries(environmentOf(account))) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    account,
    variables: {
      ...environmentOf(account),
      CDK_DEFAULT_ACCOUNT: ORDINARY.account,
      CDK_DEFAULT_REGION: 'eu-west-1',
    },
  };
}

async function check(config: HeadraceConfig, changes: Partial<FakeAccount> = {}) {
  const { variables } = await environment(changes);
  return await checkAccount(config, variables, 300);
}

describe('the check of an account before a deployment', () => {
  it('an account with the usual quotas has no report and changes nothing', async () => {
    const config = { queues: ORDINARY_QUEUES };
    expect(await check(config)).toEqual({ config, report: [] });
  });

  it('in a new account the default number of controllers is a third of the concurrency', async () => {
    const { config, report } = await check({}, NEW_ACCOUNT);
    expect(config.controllerConcurrency).toBe(3);
    expect(report.join('\n')).toContain(
      'controllerConcurrency is 3: the account has 10 concurrent executions',
    );
    expect(report.join('\n')).toContain('--quota-code L-3032A538 --desired-value 256');
    expect(report.join('\n')).not.toContain('L-B99A9384');
  });

  it('a configured number of controllers is kept, and reported if it is too large', async () => {
    const { config, report } = await check({ controllerConcurrency: 50 }, NEW_ACCOUNT);
    expect(config.controllerConcurrency).toBe(50);
    expect(report.join('\n')).toContain('--quota-code L-B99A9384 --desired-value 150');
  });

  it('without room for a VPC the report says that the deployment fails', async () => {
    const { report } = await check({}, { vpcs: 5 });
    expect(report.join('\n')).toContain('error: VPCs per region (L-F678F1CE)');
    const network = { type: 'given' as const, vpcId: 'vpc-0', subnetIds: ['subnet-0'] };
    expect((await check({ network }, { vpcs: 5 })).report).toEqual([]);
  });

  it('without credentials nothing is requested', async () => {
    const { account, variables } = await environment(NEW_ACCOUNT);
    const { CDK_DEFAULT_ACCOUNT: _, ...without } = variables;
    expect(await checkAccount({}, without)).toEqual({ config: {}, report: [] });
    expect(account.operations).toEqual([]);
  });

  it('credentials of another account are not used for the report', async () => {
    const { config, report } = await check({}, { ...NEW_ACCOUNT, account: '999999999999' });
    expect(config).toEqual({});
    expect(report).toHaveLength(1);
    expect(report[0]).toContain('the environment has credentials of 999999999999');
  });

  it('an account that does not answer or refuses is reported, and the synthesis continues', async () => {
    const silent = await check({}, { silent: ['GetCallerIdentity'] });
    expect(silent.report[0]).toContain('could not be read');
    const denied = await check({}, { denied: ['GetServiceQuota', 'DescribeVpcs'] });
    expect(denied.report.join('\n')).toContain('grant servicequotas:GetServiceQuota');
    expect(denied.report.join('\n')).toContain('grant ec2:DescribeVpcs');
  });

  it('the CDK app prints the report, and its template has the number of controllers', {
    timeout: 120_000,
  }, async () => {
    const { variables } = await environment(NEW_ACCOUNT);
    const folder = await mkdtemp(join(tmpdir(), 'headrace-quotas-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', 'bin/headrace-app.ts'],
      {
        cwd: ROOT,
        env: { PATH: process.env.PATH, HOME: folder, CDK_OUTDIR: folder, ...variables },
      },
    );
    expect(stderr).toContain('controllerConcurrency is 3');
    const template = await readFile(join(folder, 'headrace.template.json'), 'utf8');
    expect(/"MaximumConcurrency": (\d+)/.exec(template)?.[1]).toBe('3');
  });
});

const ORDINARY_QUEUES = { default: { type: 'fargate', maxVcpus: 64 } } as const;
