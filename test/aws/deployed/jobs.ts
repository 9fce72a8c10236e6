/**
 * Reads the jobs of a run from the Batch emulator.
 *
 * @module
 */
import {
  BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  ListJobsCommand,
} from '@aws-sdk/client-batch';
import { clientOptions } from '../harness/connection.ts';
import type { Cloud } from './cloud.ts';

/** The run's jobs on the default queue; an array is one job. */
export async function jobsOf(
  { aws, batch, prefix }: Cloud,
  run: string,
): Promise<readonly JobDetail[]> {
  const client = new BatchClient({ ...clientOptions(aws), endpoint: batch.url });
  const filters = [{ name: 'JOB_NAME', values: [`${run}*`] }];
  const { jobSummaryList = [] } = await client.send(
    new ListJobsCommand({ jobQueue: `${prefix}-default`, filters }),
  );
  const { jobs = [] } = await client.send(
    new DescribeJobsCommand({ jobs: jobSummaryList.map(({ jobId = '' }) => jobId) }),
  );
  client.destroy();
  return jobs;
}
