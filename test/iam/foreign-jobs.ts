/**
 * Jobs of an account that has more than one user of AWS Batch, and the attempt to terminate them.
 *
 * @module
 */
import {
  BatchClient,
  DescribeJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { DEPLOYMENT_TAG } from '../../src/aws/deployment/resource-names.ts';
import type { Caller } from './attempt.ts';
import type { RoleCloud } from './cloud.ts';

const TAGS = {
  headrace: { [DEPLOYMENT_TAG]: 'headrace' },
  another: { [DEPLOYMENT_TAG]: 'headrace-two' },
  untagged: undefined,
} as const;
type Kind = keyof typeof TAGS;

/** How the attempt to terminate each job ended, and whether the job ended. */
export async function terminateJobs(
  { batch, cloud }: RoleCloud,
  caller: Caller,
): Promise<Readonly<Record<Kind, string>>> {
  // The account itself submits: its requests do not pass the gateway.
  const account = new BatchClient({
    endpoint: batch.url,
    region: cloud.region,
    credentials: caller.credentials,
  });
  const attacker = new BatchClient({ ...caller, maxAttempts: 1 });
  await account.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'sleeps',
      type: 'container',
      containerProperties: {
        image: 'any',
        command: ['sleep', '300'],
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '2048' },
        ],
      },
    }),
  );

  async function terminated(kind: Kind): Promise<string> {
    const { jobId = '' } = await account.send(
      new SubmitJobCommand({
        jobName: kind,
        jobQueue: 'headrace-default',
        jobDefinition: 'sleeps',
        tags: TAGS[kind],
      }),
    );
    const outcome = await attacker.send(new TerminateJobCommand({ jobId, reason: 'forged' })).then(
      () => 'done',
      (error: unknown) => (error instanceof Error ? error.name : String(error)),
    );
    const deadline = Date.now() + (outcome === 'done' ? 30_000 : 500);
    let status: string | undefined;
    do {
      const { jobs } = await account.send(new DescribeJobsCommand({ jobs: [jobId] }));
      status = jobs?.[0]?.status;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } while (status !== 'FAILED' && Date.now() < deadline);
    await account.send(new TerminateJobCommand({ jobId, reason: 'the test is over' }));
    return `${outcome}, ${status === 'FAILED' ? 'ended' : 'not ended'}`;
  }

  return {
    headrace: await terminated('headrace'),
    another: await terminated('another'),
    untagged: await terminated('untagged'),
  };
}
