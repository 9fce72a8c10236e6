/**
 * Jobs that evaluate the logic of a run, on the queue that its pipeline names.
 *
 * 1. The job is searched by its name before it is submitted. A second job is possible and harmless:
 *    the API accepts only the last one that claimed the run.
 * 2. A job that Batch will never accept counts as ended, with the reason. A refusal that may pass is
 *    reported, and the next sweep of the run repeats the launch.
 * 3. Its container follows the pipeline's `docker` and `dockerArgs` and has the project's step
 *    role. It receives the URL of the API and the run's own token.
 *
 * @module
 */
import { type BatchClient, type JobSummary, SubmitJobCommand } from '@aws-sdk/client-batch';
import { EVALUATOR_VARIABLES } from '../../model/container.ts';
import { jobSettingsOf } from '../../model/container-settings.ts';
import { parseDockerArgs } from '../../model/docker-args.ts';
import { HeadraceError } from '../../model/errors.ts';
import { evaluatorJobName, type RunId } from '../../model/ids.ts';
import { projectOf } from '../../model/object-layout.ts';
import type { EvaluatorJob, EvaluatorJobState, EvaluatorJobs } from '../../ports/evaluator.ts';
import { jobQueueArn } from '../deployment/resource-names.ts';
import { batchQueueNamed, dockerPlatformOf } from '../deployment/settings.ts';
import { errorData, type Log } from '../observability/log.ts';
import { createDefinitionRegistry, type DefinitionRegistry } from './definition-registry.ts';
import { type DeploymentSettings, stepJobDefinitionOf } from './job-definition.ts';
import { listJobsNamed } from './job-lookup.ts';
import { jobTags, overridesOf } from './submission.ts';
import { isPermanentFailure, launchFailureReason, UnknownQueueError } from './submission-errors.ts';

export interface EvaluatorJobsOptions {
  readonly client: BatchClient;
  readonly settings: DeploymentSettings;
  /** The URL of the API, as containers reach it. */
  readonly apiUrl: string | undefined;
  readonly token: (run: RunId) => string;
  readonly log: Log;
}

/** The controller of a deployment without external evaluation does not know the URL of the API. */
export class ExternalEvaluationDisabledError extends HeadraceError {
  constructor() {
    super(
      'this deployment does not accept external evaluation, which a job that evaluates logic needs: deploy it with api: { externalEvaluation: true }',
    );
  }
}

const MAX_REMEMBERED_JOBS = 1000;

export const createEvaluatorJobs = (options: EvaluatorJobsOptions): EvaluatorJobs =>
  new BatchEvaluatorJobs(options);

class BatchEvaluatorJobs implements EvaluatorJobs {
  readonly #options: EvaluatorJobsOptions;
  readonly #definitions: DefinitionRegistry;
  /** Names of jobs that this process submitted: Batch may not list them yet. */
  readonly #submitted = new Set<string>();

  constructor(options: EvaluatorJobsOptions) {
    this.#options = options;
    this.#definitions = createDefinitionRegistry(options.client);
  }

  async ensure(job: EvaluatorJob): Promise<EvaluatorJobState> {
    const { settings, log } = this.#options;
    const { info, generation, lostJobs } = job;
    const name = evaluatorJobName(info.id, generation, lostJobs);
    const queue = info.declaration.pipelineExecutionQueue ?? '';
    try {
      const existing =
        batchQueueNamed(settings, queue) === undefined ? undefined : await this.#find(queue, name);
      if (existing !== undefined)
        return isTerminalJob(existing)
          ? { kind: 'ended', reason: completionReasonOf(existing) }
          : { kind: 'live' };
      if (!this.#submitted.has(name)) await this.#submit(name, queue, job);
      return { kind: 'live' };
    } catch (error) {
      const permanent =
        isPermanentFailure(error) || error instanceof ExternalEvaluationDisabledError;
      log.error('request refused', {
        action: 'evaluator launch',
        ...{ run: info.id, job: name, permanent },
        ...errorData(error),
      });
      return { kind: permanent ? 'ended' : 'refused', reason: launchFailureReason(error) };
    }
  }

  /** The job with this name: one that has not ended, if there is one. */
  async #find(queue: string, name: string): Promise<JobSummary | undefined> {
    const jobs = await listJobsNamed(this.#options.client, this.#queueArn(queue), name);
    return jobs.find((job) => !isTerminalJob(job)) ?? jobs[0];
  }

  async #submit(name: string, queueName: string, { info }: EvaluatorJob): Promise<void> {
    const { client, settings, apiUrl, token } = this.#options;
    const queue = batchQueueNamed(settings, queueName);
    if (apiUrl === undefined) throw new ExternalEvaluationDisabledError();
    if (queue === undefined) throw new UnknownQueueError(queueName, Object.keys(settings.queues));
    const docker = parseDockerArgs(
      jobSettingsOf(info.declaration).dockerArgs ?? '',
      dockerPlatformOf(queue, settings),
    );
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
        jobQueue: this.#queueArn(queueName),
        jobDefinition: await this.#definitions.arn(definition),
        parameters: { run: info.id },
        tags: jobTags(settings),
        ...overridesOf(environment, { platform: queue.platform, definition, docker }, settings)
          .overrides,
      }),
    );
    if (this.#submitted.size >= MAX_REMEMBERED_JOBS) this.#submitted.clear();
    this.#submitted.add(name);
  }

  #queueArn(queue: string): string {
    const { settings } = this.#options;
    return jobQueueArn(settings, settings.prefix, queue);
  }
}

const isTerminalJob = ({ status }: JobSummary): boolean =>
  status === 'SUCCEEDED' || status === 'FAILED';

function completionReasonOf({ status, statusReason, container }: JobSummary): string {
  const exit = container?.exitCode === undefined ? [] : [`exited with code ${container.exitCode}`];
  const details = [...exit, container?.reason, statusReason].filter(
    (text) => text !== undefined && text !== '',
  );
  return details.length === 0
    ? `it ${status === 'SUCCEEDED' ? 'succeeded' : 'failed'}`
    : details.join('; ');
}
