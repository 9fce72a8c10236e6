/**
 * Runs pipelines on the deployment with the built command, as users do.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  ListJobsCommand,
} from '@aws-sdk/client-batch';
import { z } from 'zod';
import { jobQueueName } from '../../src/aws/deployment/resource-names.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';
import { collectOutput } from '../../testing/collect-output.ts';
import type { Site } from './site.ts';

const COMMAND = fileURLToPath(new URL('../../dist/bin/headrace.js', import.meta.url));

const stepSchema = z.object({
  name: z.string(),
  status: z.string(),
  queue: z.string(),
  attempts: z.array(
    z.object({
      exitCode: z.number().nullable(),
      reason: z.string().nullable(),
      startedAt: z.string().nullable(),
      endedAt: z.string().nullable(),
    }),
  ),
  metrics: z.array(z.object({ points: z.array(z.unknown()) })),
});
const runSchema = z.object({
  id: z.string(),
  status: z.string(),
  result: z.unknown(),
  error: z.object({ message: z.string() }).nullable(),
  steps: z.array(stepSchema),
});
export type SmokeRun = z.infer<typeof runSchema>;

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `headrace` against the deployment. */
export function command(
  site: Site,
  args: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { FORCE_COLOR: _, NO_COLOR: __, HEADRACE_HOME: ___, ...inherited } = process.env;
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: {
      ...inherited,
      ...site.environment,
      HEADRACE_MODE: 'remote',
      HEADRACE_ENDPOINT: site.endpoint(),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const output = collectOutput(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

/**
 * Runs the pipeline of a source to its end.
 *
 * @param args additional arguments of `headrace run`
 * @throws Error if the command prints no run
 */
export async function run(
  site: Site,
  source: string,
  signal: AbortSignal,
  args: readonly string[] = [],
): Promise<SmokeRun> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-smoke-'));
  try {
    await writeFile(join(folder, 'package.json'), '{ "name": "smoke", "type": "module" }');
    const file = join(folder, 'pipeline.ts');
    await writeFile(file, source);
    const { code, stdout, stderr } = await command(
      site,
      ['run', file, '--no-cache', '--json', ...args],
      signal,
    );
    if (stdout === '') throw new Error(`headrace run exited with ${code}: ${stderr.trim()}`);
    return runSchema.parse(JSON.parse(stdout));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The jobs of a run on a queue; an array is one job. */
export async function jobsOf(site: Site, id: string, queue: string): Promise<readonly JobDetail[]> {
  const client = new BatchClient({ ...requestLimits('batch'), ...site.client('batch') });
  try {
    const { jobSummaryList = [] } = await client.send(
      new ListJobsCommand({
        jobQueue: jobQueueName(site.prefix, queue),
        filters: [{ name: 'JOB_NAME', values: [`${id}*`] }],
      }),
    );
    const jobs = jobSummaryList.flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId]));
    if (jobs.length === 0) return [];
    return (await client.send(new DescribeJobsCommand({ jobs }))).jobs ?? [];
  } finally {
    client.destroy();
  }
}

/** Evidence of a run: its id, its status, and its steps with their seconds. */
export const evidenceOf = ({ id, status, steps }: SmokeRun): readonly string[] => [
  `run ${id} ${status}`,
  ...steps.slice(0, 5).map(({ name, status: stepStatus, queue, attempts }) => {
    const { startedAt, endedAt } = attempts.at(-1) ?? {};
    const seconds =
      startedAt == null || endedAt == null
        ? ''
        : `, ${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`;
    return `step ${name} ${stepStatus} on ${queue}, attempts ${attempts.length}${seconds}`;
  }),
];

/** Evidence of a job: its ids, the role of its container, the seconds that it waited for a start. */
export const jobEvidence = (job: JobDetail): string => {
  const waited =
    job.createdAt === undefined || job.startedAt === undefined
      ? ''
      : `, started after ${((job.startedAt - job.createdAt) / 1000).toFixed(1)} s`;
  const role = job.container?.jobRoleArn;
  return `job ${job.jobArn ?? job.jobId ?? ''} ${job.status ?? ''}${waited}${role === undefined ? '' : `, role ${role}`}`;
};
