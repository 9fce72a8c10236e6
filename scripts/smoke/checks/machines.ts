/**
 * Checks on EC2 instances.
 *
 * @module
 */
import { readQuota } from '../../../src/cli/doctor/account.ts';
import { createAwsRequests } from '../../../src/client/aws-requests.ts';
import { type Check, Impossible, mustHold } from '../check.ts';
import { evidenceOf, jobEvidence, jobsOf, run } from '../runs.ts';

const onQueue = (queue: string, seconds: number, body: string, options = ''): string => `
  import { component, pipeline } from 'headrace';
  import { execFileSync } from 'node:child_process';
  const work = component({ returnValues: ['text'], executionQueue: '${queue}'${options} }, async function work() {
    await new Promise((resolve) => setTimeout(resolve, ${seconds * 1000}));
    return ${body};
  });
  export const main = pipeline({ name: 'smoke-${queue}', project: 'smoke', version: '1' }, async function main() { return await work(); });`;

export const machines: Check = {
  name: 'machines',
  claim: 'an EC2 instance joins the cluster and runs a step',
  needs: ['machines'],
  dollars: 0.03,
  async run(site, signal) {
    const disk = "execFileSync('df', ['-h', '/']).toString().trim()";
    const done = await run(site, onQueue('machines', 1, disk), signal);
    mustHold(done.status === 'completed', JSON.stringify(done));
    const jobs = await jobsOf(site, done.id, 'machines');
    const instance = jobs[0]?.container?.containerInstanceArn;
    return [
      ...evidenceOf(done),
      ...jobs.map(jobEvidence),
      `instance ${instance}`,
      `disk: ${String(done.result).split('\n').at(-1)}`,
    ];
  },
};

const GPU_VCPUS = 4;
const GPU_QUOTA = { service: 'ec2', code: 'L-DB2E81BA', name: 'EC2 on-demand vCPUs, G and VT' };

export const gpus: Check = {
  name: 'gpus',
  claim: 'a step on a GPU instance sees its GPU',
  needs: ['gpus'],
  dollars: 0.12,
  async run(site, signal) {
    const quota = await readQuota(createAwsRequests({ region: site.region }), GPU_QUOTA);
    if (!quota.known || quota.value < GPU_VCPUS)
      throw new Impossible(
        quota.known
          ? `the quota ${GPU_QUOTA.code} is ${quota.value} vCPUs: request ${GPU_VCPUS}`
          : quota.reason,
      );
    const name = "execFileSync('nvidia-smi', ['--list-gpus']).toString().trim()";
    const done = await run(
      site,
      onQueue('gpus', 1, name, ", dockerArgs: '--gpus 1 --cpus 2 --memory 8g'"),
      signal,
    );
    mustHold(/GPU 0/.test(String(done.result)), JSON.stringify(done));
    const jobs = await jobsOf(site, done.id, 'gpus');
    return [...evidenceOf(done), ...jobs.map(jobEvidence), `nvidia-smi: ${done.result}`];
  },
};

const RUNNING_SECONDS = 240;

/** The deployment changes the instances while the step runs. */
export const update: Check = {
  name: 'update',
  claim: 'a job continues while a deployment changes the instance types of its queue',
  needs: ['machines'],
  dollars: 0.06,
  async run(site, signal) {
    const { queues = {} } = site.config;
    const running = run(site, onQueue('machines', RUNNING_SECONDS, "'done'"), signal);
    running.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const startedAt = new Date();
    await site.deploy({
      ...site.config,
      queues: {
        ...queues,
        machines: { type: 'ec2', instanceTypes: ['c6i.large', 'm6i.large'], maxVcpus: 8 },
      },
    });
    const deployedAt = new Date();
    const done = await running;
    mustHold(done.status === 'completed', JSON.stringify(done));
    mustHold(done.steps[0]?.attempts.length === 1, 'the step was attempted again');
    const { startedAt: from = null, endedAt: to = null } = done.steps[0].attempts[0] ?? {};
    mustHold(
      from !== null && to !== null && from < deployedAt.toISOString(),
      'the deployment ended before the step started: repeat with --only update',
    );
    return [
      ...evidenceOf(done),
      `deployed from ${startedAt.toISOString()} to ${deployedAt.toISOString()}; the step ran from ${from} to ${to}`,
    ];
  },
};
