import { ListJobsCommand } from '@aws-sdk/client-batch';
import { expect } from 'vitest';
import { jobQueueName } from '../../../src/aws/deployment/resource-names.ts';
import { type JobsUnderTest, SETTINGS } from './batch.ts';

/** Waits until `count` events of Batch arrived and are handled. */
export const untilEvents = async ({ emulator, events }: JobsUnderTest, count: number) => {
  await expect.poll(() => events.length).toBe(count);
  await emulator.settled();
};

/** The jobs that Batch lists under the name. */
export async function listJobs({ client }: JobsUnderTest, name: string, queue = 'cpu') {
  const { jobSummaryList = [] } = await client.send(
    new ListJobsCommand({
      jobQueue: jobQueueName(SETTINGS.prefix, queue),
      filters: [{ name: 'JOB_NAME', values: [name] }],
    }),
  );
  return jobSummaryList;
}
