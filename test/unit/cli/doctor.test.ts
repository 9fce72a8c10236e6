/**
 * `headrace doctor` against an API and an AWS account that a server imitates.
 *
 * @module
 */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { diagnose } from '../../../src/cli/remote/doctor.ts';
import { capturedOutput } from '../../support/captured-output.ts';
import {
  API_PATH,
  environmentOf,
  type FakeAccount,
  ORDINARY,
  startAccount,
} from '../../support/fake-account.ts';

interface Document {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly subject: string;
    readonly status: string;
    readonly value: string;
    readonly needed?: string;
    readonly advice?: readonly string[];
  }[];
}

/** Runs the command. @param changes what differs from an ordinary account */
async function doctor(changes: Partial<FakeAccount> = {}, options = {}) {
  const account = await startAccount({ ...ORDINARY, ...changes });
  onTestFinished(() => account.close());
  for (const [name, value] of Object.entries(environmentOf(account))) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { output, printed } = capturedOutput();
  const code = await diagnose(
    { endpoint: `${account.url}${API_PATH}`, json: true, ...options },
    output,
  );
  return { code, stdout: printed.stdout, account };
}

async function findings(changes: Partial<FakeAccount> = {}) {
  const { code, stdout } = await doctor(changes);
  const document: Document = JSON.parse(stdout);
  const find = (start: string) => {
    const found = document.findings.find(({ subject }) => subject.startsWith(start));
    if (found === undefined) throw new Error(`no finding about ${start}: ${stdout}`);
    return found;
  };
  return { code, document, find };
}

const service = (changes: object): FakeAccount['service'] => {
  if (typeof ORDINARY.service === 'number') throw new Error('unreachable');
  return { ...ORDINARY.service, ...changes };
};

describe('headrace doctor', () => {
  it('an ordinary account has no finding to repair or improve', async () => {
    const { code, document } = await findings();
    expect(document.findings.map(({ subject, status }) => [subject, status])).toEqual([
      ['endpoint', 'ok'],
      ['clock', 'ok'],
      ['permission', 'ok'],
      ['version', 'ok'],
      ['isolation of projects', 'ok'],
      ['AWS account', 'ok'],
      ['queue default', 'ok'],
      ['Lambda concurrent executions (L-B99A9384)', 'ok'],
      ['Fargate on-demand vCPUs (L-3032A538)', 'ok'],
      ['Batch job queues (L-4CEA37AD)', 'ok'],
      ['Batch compute environments (L-144F0CA5)', 'ok'],
    ]);
    expect({ code, ok: document.ok }).toEqual({ code: 0, ok: true });
  });

  it('a quota below the demand names the code, the amount and the command that requests it', async () => {
    const { code, find } = await findings({
      lambdaConcurrency: 10,
      quotas: { ...ORDINARY.quotas, 'L-3032A538': 6 },
    });
    expect(find('Lambda concurrent')).toMatchObject({
      status: 'warn',
      value: '10',
      needed: expect.stringContaining('300: 3 for each of 100 controllers'),
      advice: expect.arrayContaining([
        'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 300 --region eu-west-1',
        expect.stringContaining('controllerConcurrency: 3'),
      ]),
    });
    expect(find('Fargate on-demand')).toMatchObject({
      status: 'warn',
      value: '6 vCPUs',
      advice: expect.arrayContaining([
        expect.stringContaining(
          '--service-code fargate --quota-code L-3032A538 --desired-value 256 --region eu-west-1',
        ),
        'https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/fargate/quotas/L-3032A538',
      ]),
    });
    expect(code).toBe(0);
  });

  it('a queue of GPUs in an account without any fails with the quota of its family', async () => {
    const { code, find } = await findings({
      quotas: { ...ORDINARY.quotas, 'L-3819A6DF': 0 },
      environments: [
        {
          computeEnvironmentArn: 'arn:environment/default',
          state: 'ENABLED',
          status: 'VALID',
          computeResources: { type: 'SPOT', maxvCpus: 64, instanceTypes: ['g5.xlarge', 'g6'] },
        },
      ],
    });
    expect(find('EC2 Spot vCPUs, G and VT (L-3819A6DF)')).toMatchObject({
      status: 'fail',
      value: '0 vCPUs',
    });
    expect(code).toBe(1);
  });

  it('a quota that was never changed has the default of AWS', async () => {
    const { find } = await findings({ quotas: {} });
    expect(find('Fargate on-demand').value).toBe('5 vCPUs');
  });

  it('a missing permission is named, and the other checks continue', async () => {
    const { code, find } = await findings({
      denied: [
        'GetServiceQuota',
        '/2016-08-19/account-settings/',
        '/v1/describecomputeenvironments',
      ],
    });
    expect(find('Lambda concurrent')).toMatchObject({
      status: 'unknown',
      advice: [
        "may not read Lambda's account settings: grant lambda:GetAccountSettings; may not read the quota L-B99A9384: grant servicequotas:GetServiceQuota",
      ],
    });
    expect(find('queue default')).toMatchObject({
      status: 'unknown',
      advice: ['may not read compute environments: grant batch:DescribeComputeEnvironments'],
    });
    expect(code).toBe(0);
  });

  it("Lambda's own limit counts, and Service Quotas where Lambda does not answer", async () => {
    const limits = { lambdaConcurrency: 10, quotas: { ...ORDINARY.quotas, 'L-B99A9384': 400 } };
    expect((await findings(limits)).find('Lambda concurrent').value).toBe('10');
    const denied = ['/2016-08-19/account-settings/'];
    expect((await findings({ ...limits, denied })).find('Lambda concurrent').value).toBe('400');
  });

  it('a disabled environment fails the queue with its reason', async () => {
    const [environment] = ORDINARY.environments;
    if (environment === undefined) throw new Error('unreachable');
    const statusReason = 'CLIENT_ERROR - the role cannot be assumed';
    const { code, find } = await findings({
      environments: [{ ...environment, status: 'INVALID', statusReason }],
    });
    expect(find('queue default')).toMatchObject({
      status: 'fail',
      value: 'ENABLED, VALID; environment ENABLED, INVALID',
      advice: [statusReason],
    });
    expect(code).toBe(1);
  });

  it('a queue of the configuration that is not in Batch fails', async () => {
    const { find } = await findings({ jobQueues: [] });
    expect(find('queue default')).toMatchObject({
      status: 'fail',
      value: 'there is no job queue headrace-default',
    });
  });

  it('quotas of another account are not read', async () => {
    const { code, find, document } = await findings({ account: '999999999999' });
    expect(find('AWS account')).toMatchObject({
      status: 'warn',
      value: 'the credentials belong to 999999999999, the deployment to 123456789012',
    });
    expect(find('quotas and queues').status).toBe('unknown');
    expect(document.findings.map(({ subject }) => subject).join()).not.toContain('L-');
    expect(code).toBe(0);
  });

  it('a refused caller fails, and nothing of the account is requested', async () => {
    const { code, stdout, account } = await doctor({ service: 403 });
    expect(stdout).toContain('allow execute-api:Invoke');
    expect(code).toBe(1);
    expect(account.operations).not.toContain('GetCallerIdentity');
  });

  it('a clock that differs by minutes fails with the difference', async () => {
    const { find } = await findings({ clockMs: -600_000 });
    expect(find('clock')).toMatchObject({ status: 'fail' });
    expect(find('clock').value).toMatch(/^(599|600|601) s ahead of the server$/);
    expect((await findings({ clockMs: 90_000 })).find('clock').status).toBe('warn');
  });

  it('another deployed version is a warning', async () => {
    const { code, find } = await findings({ service: service({ version: '9.9.9' }) });
    expect(find('version')).toMatchObject({ status: 'warn' });
    expect(code).toBe(0);
  });

  it('a server without a deployment has no account to check', async () => {
    const { document } = await findings({ service: service({ deployment: undefined }) });
    expect(document.findings.map(({ subject }) => subject)).toEqual([
      'endpoint',
      'clock',
      'permission',
      'version',
    ]);
  });

  it('an endpoint without a server fails at once', async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    const { code, stdout } = await doctor({}, { endpoint: 'http://127.0.0.1:9/live' });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      findings: [{ subject: 'endpoint', status: 'fail' }],
    });
    expect(code).toBe(1);
  });

  it('the text names each check and ends with the counts', async () => {
    const { stdout } = await doctor({ lambdaConcurrency: 10 }, { json: false });
    expect(stdout).toMatch(/^ *check +value +needed\n/);
    expect(stdout).toContain('warn  Lambda concurrent executions (L-B99A9384)');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('10 ok, 1 to improve, 0 to repair, 0 unknown');
  });
});
