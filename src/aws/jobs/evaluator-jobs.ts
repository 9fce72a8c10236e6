/**
 * Jobs that evaluate the logic of a run, on the queue that its pipeline names.
 *
 * 1. The job is looked up by its name before it is submitted. A second one is possible and harmless: the API listens to the last that claimed the run.
 * 2. What Batch will never take is a job that is over, with its reason.
 * 3. Its container is the one that the pipeline's `docker` and `dockerArgs` describe, with the project's step role. It gets the URL of the API, and the run's own token.
 *
 * @module
 */
import { type BatchClient, type JobSummary, SubmitJobCommand } from '@aws-sdk/client-batch';
import { EVALUATOR_VARIABLES } from '../../model/container.ts';
import { parseDockerArgs } from '../../model/docker-args.ts';
import { HeadraceError } from '../../model/errors.ts';
import { evaluatorJobName, type RunId } from '../../model/ids.ts';
import { projectOf } from '../../model/object-layout.ts';
import type { EvaluatorJob, EvaluatorJobs } from '../../ports/evaluator.ts';
import { jobQueueArn } from '../deployment/resource-names.ts';
import { errorData, type Log } from '../observability/log.ts';
import { isPermanentFailure, UnknownQueueError } from './batch-jobs.ts';
import { createDefinitionRegistry } from './definition-registry.ts';
import { type DeploymentSettings, stepJobDefinitionOf } from './job-definition.ts';
import { listJobsNamed } from './job-lookup.ts';
import { overridesOf } from './submission.ts';

export interface EvaluatorJobsOptions {
  readonly client: BatchClient;
  readonly settings: DeploymentSettings;
  /** URL of the API, as containers reach it. */
  readonly apiUrl: string | undefined;
  readonly token: (run: RunId) => string;
  readonly log: Log;
}

/** The controller was not told where the API is. */
export class UnknownApiUrlError extends HeadraceError {
  constructor() {
    super(
      'a job that evaluates logic needs the URL of the API, which this deployment does not tell its controller: deploy the stack again',
    );
  }
}

const MAX_REMEMBERED_JOBS = 1000;

export function createEvaluatorJobs({
  client,
  settings,
  apiUrl,
  token,
  log,
}: EvaluatorJobsOptions): EvaluatorJobs {
  const definitions = createDefinitionRegistry(client);
  /** Names of jobs that this process submitted: one may not be listed yet. */
  const submitted = new Set<string>();

  async function findJob(queue: string, name: string): Promise<JobSummary | undefined> {
    const jobs = await listJobsNamed(client, queue, name);
    return jobs.find((job) => !isTerminalJob(job)) ?? jobs[0];
  }

  async function submit(name: string, queueName: string, { info }: EvaluatorJob): Promise<void> {
    const queue = settings.queues[queueName];
    if (apiUrl === undefined) throw new UnknownApiUrlError();
    if (queue === undefined) throw new UnknownQueueError(queueName, Object.keys(settings.queues));
    const docker = parseDockerArgs(info.declaration.dockerArgs ?? '', queue);
    const definition = stepJobDefinitionOf(
      { project: projectOf(info), queue, image: info.declaration.docker, docker },
      settings,
    );
    const environment = [
      { name: EVALUATOR_VARIABLES.api, value: apiUrl },
      { name: EVALUATOR_VARIABLES.run, value: info.id },
      { name: EVALUATOR_VARIABLES.token, value: token(info.id) },
    ];
    await client.send(
      new SubmitJobCommand({
        jobName: name,
        jobQueue: jobQueueArn(settings, settings.prefix, queueName),
        jobDefinition: await definitions.arn(definition),
        parameters: { run: info.id },
        ...overridesOf(environment, { platform: queue.platform, definition, docker }, settings)
          .overrides,
      }),
    );
    if (submitted.size >= MAX_REMEMBERED_JOBS) submitted.clear();
    submitted.add(name);
  }

  return {
    async ensure(job) {
      const { info, generation, lostJobs } = job;
      const name = evaluatorJobName(info.id, generation, lostJobs);
      const queue = info.declaration.pipelineExecutionQueue ?? '';
      try {
        const existing = Object.hasOwn(settings.queues, queue)
          ? await findJob(jobQueueArn(settings, settings.prefix, queue), name)
          : undefined;
        if (existing !== undefined)
          return isTerminalJob(existing) ? completionReasonOf(existing) : undefined;
        if (!submitted.has(name)) await submit(name, queue, job);
        return undefined;
      } catch (error) {
        if (!(isPermanentFailure(error) || error instanceof UnknownApiUrlError)) throw error;
        log.error('evaluator refused', { run: info.id, job: name, ...errorData(error) });
        return `could not be launched: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
  };
}

const isTerminalJob = ({ status }: JobSummary): boolean =>
  status === 'SUCCEEDED' || status === 'FAILED';

function completionReasonOf({ status, statusReason, container }: JobSummary): string {
  const exit = container?.exitCode === undefined ? [] : [`exited with code ${container.exitCode}`];
  const details = [...exit, container?.reason, statusReason].filter(
    (text) => text !== undefined && text !== '',
  );
  return details.length === 0
    ? `it ${status === 'SUCCEEDED' ? 'ended in order' : 'failed'}`
    : details.join('; ');
}
