/**
 * Requests for the state, or the termination, of all members of a group have a cost that does not
 * depend on the size of the group.
 *
 * @module
 */
import { BatchClient } from '@aws-sdk/client-batch';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createBatchJobs } from '../../../src/aws/jobs/batch-jobs.ts';
import { jobName } from '../../../src/model/ids.ts';
import { SETTINGS } from '../../aws/transport/batch.ts';
import { aHead, anInfo, runId } from '../../conformance/records.ts';

const RUN = runId(1);
const NAME = jobName(RUN, 0, 0);
const MEMBERS = 250;
const describedSchema = z.object({ jobs: z.array(z.string()) });
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function jobsWithAGroup() {
  const client = new BatchClient({ region: 'us-east-1' });
  const requests: string[] = [];
  vi.spyOn(client, 'send').mockImplementation(
    async (command: {
      readonly constructor: { readonly name: string };
      readonly input: unknown;
    }) => {
      requests.push(command.constructor.name);
      if (command.constructor.name === 'ListJobsCommand')
        return {
          jobSummaryList: [
            { jobId: 'job', jobName: NAME, status: 'PENDING', arrayProperties: { size: MEMBERS } },
          ],
        };
      if (command.constructor.name !== 'DescribeJobsCommand') return {};
      return {
        jobs: describedSchema
          .parse(command.input)
          .jobs.map((jobId) => ({ jobId, status: 'RUNNING' })),
      };
    },
  );
  const members = Array.from({ length: MEMBERS }, (_, call) => ({ call, attempt: 1 }));
  const group = vi.fn(async () => ({
    number: 0,
    name: NAME,
    component: 'work',
    queue: 'cpu',
    members,
  }));
  const run = vi.fn(async () => ({
    info: { ...anInfo(RUN), number: 1 },
    head: aHead(RUN, { status: 'aborting' }),
  }));
  const jobs = createBatchJobs({
    client,
    settings: SETTINGS,
    objects: { putIfAbsent: async () => undefined },
    tasks: { group, run, steps: async () => [] },
    clock: { now: () => 1_800_000_000_000 },
    log: silent,
  });
  return { jobs, requests, group, run };
}

it('reading the state of every member of a group reads the records once, and Batch once for each hundred members', async () => {
  const { jobs, requests, group } = jobsWithAGroup();
  for (let index = 0; index < MEMBERS; index += 1)
    expect(await jobs.state({ name: NAME, index })).toBe('running');
  expect(group).toHaveBeenCalledTimes(1);
  expect(requests).toEqual([
    'ListJobsCommand',
    'DescribeJobsCommand',
    'DescribeJobsCommand',
    'DescribeJobsCommand',
  ]);
});

it('terminating every member of an aborting run reads the records once, and sends Batch one termination', async () => {
  const { jobs, requests, group, run } = jobsWithAGroup();
  for (let index = 0; index < MEMBERS; index += 1)
    await jobs.terminate({ name: NAME, index }, 'the run is being aborted');
  expect(group).toHaveBeenCalledTimes(1);
  expect(run).toHaveBeenCalledTimes(1);
  expect(requests).toEqual(['ListJobsCommand', 'TerminateJobCommand']);
});
