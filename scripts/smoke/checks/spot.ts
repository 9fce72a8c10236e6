import { BatchClient, type JobSummary, ListJobsCommand } from '@aws-sdk/client-batch';
import { jobQueueName } from '../../../src/aws/deployment/resource-names.ts';
import { requestLimits } from '../../../src/aws/request-limits.ts';
import { type Check, mustHold } from '../check.ts';
import { evidenceOf, jobsOf, run, type SmokeRun } from '../runs.ts';
import type { Site } from '../site.ts';

const WIDTH = 50;
const POLL_MS = 10_000;
const STATUSES = ['RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;

const SOURCE = `
  import { component, pipeline } from 'headrace';
  const square = component({ returnValues: ['square'], executionQueue: 'spot' }, async function square(value: number) { return value * value; });
  export const main = pipeline({ name: 'smoke-spot', project: 'smoke', version: '1' }, async function main() {
    const squares = await Promise.all(Array.from({ length: ${WIDTH} }, (_, value) => square(value)));
    return squares.reduce((sum, each) => sum + each, 0);
  });`;

/** In a new account the quota lets a few run at a time; the rest waits, and completes. */
export const spot: Check = {
  name: 'spot',
  claim: `an array of ${WIDTH} on Fargate Spot completes, also when its members must wait`,
  needs: ['capacity'],
  dollars: 0.05,
  async run(site, signal) {
    const startedAt = Date.now();
    const ended = new AbortController();
    const watched = watch(site, startedAt, ended.signal);
    let done: SmokeRun;
    try {
      done = await run(site, SOURCE, signal);
    } finally {
      ended.abort();
    }
    const lines = await watched;
    mustHold(
      done.result === ((WIDTH - 1) * WIDTH * (2 * WIDTH - 1)) / 6,
      JSON.stringify(done.error),
    );
    const [job] = await jobsOf(site, done.id, 'spot');
    const summary = JSON.stringify(job?.arrayProperties?.statusSummary ?? {});
    return [...evidenceOf(done).slice(0, 3), ...lines, `job ${job?.jobArn}: ${summary}`];
  },
};

/** How many members were in which status, with the reasons of those that waited. */
async function watch(
  site: Site,
  startedAt: number,
  ended: AbortSignal,
): Promise<readonly string[]> {
  const client = new BatchClient({ ...requestLimits('batch'), ...site.client('batch') });
  const lines: string[] = [];
  const list = async (request: { jobQueue?: string; arrayJobId?: string }, jobStatus: string) =>
    (await client.send(new ListJobsCommand({ ...request, jobStatus: statusOf(jobStatus) })))
      .jobSummaryList ?? [];
  while (!ended.aborted) {
    const queue = { jobQueue: jobQueueName(site.prefix, 'spot') };
    const parents: JobSummary[] = (await Promise.all(STATUSES.map((each) => list(queue, each))))
      .flat()
      .filter(({ createdAt = 0 }) => createdAt >= startedAt);
    for (const { jobId } of parents) {
      if (jobId === undefined) continue;
      const members = await Promise.all(STATUSES.map((each) => list({ arrayJobId: jobId }, each)));
      const counts = members.map(({ length }, index) => `${STATUSES[index]} ${length}`).join(', ');
      const reasons = new Set(members[0]?.flatMap(({ statusReason = [] }) => statusReason));
      const line = `${counts}${reasons.size === 0 ? '' : ` (${[...reasons].join('; ')})`}`;
      if (!lines.at(-1)?.endsWith(line))
        lines.push(`${Math.round((Date.now() - startedAt) / 1000)} s: ${line}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  client.destroy();
  return lines;
}

const statusOf = (status: string): (typeof STATUSES)[number] =>
  STATUSES.find((each) => each === status) ?? 'RUNNABLE';
