/**
 * The operations of Batch, by the last part of their path.
 *
 * @module
 */
import type { z } from 'zod';
import { type BatchParts, cancelJob, submitJob, terminateJob } from './batch.ts';
import { Refusal } from './errors.ts';
import {
  createComputeEnvironmentSchema,
  createJobQueueSchema,
  deleteComputeEnvironmentSchema,
  deleteJobQueueSchema,
  deregisterJobDefinitionSchema,
  describeComputeEnvironmentsSchema,
  describeJobDefinitionsSchema,
  describeJobQueuesSchema,
  describeJobsSchema,
  listJobsSchema,
  registerJobDefinitionSchema,
  stopJobSchema,
  submitJobSchema,
  updateComputeEnvironmentSchema,
  updateJobQueueSchema,
} from './shapes.ts';

export type Operation = (body: unknown) => object;

/** The maximum size of a SubmitJob request. */
const MAX_SUBMISSION_BYTES = 30 * 1024;

export function operationsOf(parts: BatchParts): ReadonlyMap<string, Operation> {
  const { compute, definitions, jobs, lifecycle } = parts;
  return new Map<string, Operation>([
    [
      'createcomputeenvironment',
      operation(createComputeEnvironmentSchema, (request) => {
        const { name, arn } = compute.createEnvironment(request);
        return { computeEnvironmentName: name, computeEnvironmentArn: arn };
      }),
    ],
    [
      'updatecomputeenvironment',
      operation(updateComputeEnvironmentSchema, (request) => {
        const { name, arn } = compute.updateEnvironment(request);
        lifecycle.dispatch();
        return { computeEnvironmentName: name, computeEnvironmentArn: arn };
      }),
    ],
    [
      'deletecomputeenvironment',
      operation(deleteComputeEnvironmentSchema, (request) => {
        compute.deleteEnvironment(request.computeEnvironment);
        return {};
      }),
    ],
    [
      'describecomputeenvironments',
      operation(describeComputeEnvironmentsSchema, (request) => {
        const { items, ...more } = compute.describeEnvironments(request);
        return { computeEnvironments: items, ...more };
      }),
    ],
    [
      'createjobqueue',
      operation(createJobQueueSchema, (request) => {
        const { name, arn } = compute.createQueue(request);
        return { jobQueueName: name, jobQueueArn: arn };
      }),
    ],
    [
      'updatejobqueue',
      operation(updateJobQueueSchema, (request) => {
        const { name, arn } = compute.updateQueue(request);
        lifecycle.dispatch();
        return { jobQueueName: name, jobQueueArn: arn };
      }),
    ],
    [
      'deletejobqueue',
      operation(deleteJobQueueSchema, (request) => {
        const queue = compute.deleteQueue(request.jobQueue);
        if (queue !== undefined)
          for (const job of jobs.ofQueue(queue)) lifecycle.terminate(job, 'Job queue deleted');
        return {};
      }),
    ],
    [
      'describejobqueues',
      operation(describeJobQueuesSchema, (request) => {
        const { items, ...more } = compute.describeQueues(request);
        return { jobQueues: items, ...more };
      }),
    ],
    [
      'registerjobdefinition',
      operation(registerJobDefinitionSchema, (request) => {
        const { name, arn, revision } = definitions.register(request);
        return { jobDefinitionName: name, jobDefinitionArn: arn, revision };
      }),
    ],
    [
      'deregisterjobdefinition',
      operation(deregisterJobDefinitionSchema, (request) => {
        definitions.deregister(request.jobDefinition);
        return {};
      }),
    ],
    [
      'describejobdefinitions',
      operation(describeJobDefinitionsSchema, (request) => {
        const { items, ...more } = definitions.describe(request);
        return { jobDefinitions: items, ...more };
      }),
    ],
    [
      'submitjob',
      operation(submitJobSchema, (request) => {
        if (Buffer.byteLength(JSON.stringify(request)) > MAX_SUBMISSION_BYTES)
          throw new Refusal('The payload of SubmitJob is larger than 30 KiB');
        return submitJob(parts, request);
      }),
    ],
    [
      'describejobs',
      operation(describeJobsSchema, (request) => ({ jobs: jobs.describe(request.jobs) })),
    ],
    [
      'listjobs',
      operation(listJobsSchema, (request) => jobs.list(request, (name) => compute.queue(name))),
    ],
    [
      'canceljob',
      operation(stopJobSchema, (request) => {
        cancelJob(parts, request);
        return {};
      }),
    ],
    [
      'terminatejob',
      operation(stopJobSchema, (request) => {
        terminateJob(parts, request);
        return {};
      }),
    ],
  ]);
}

function operation<S extends z.ZodType>(
  schema: S,
  act: (request: z.infer<S>) => object,
): Operation {
  return (body) => {
    const parsed = schema.safeParse(body);
    if (!parsed.success) {
      throw new Refusal(
        `Error executing request, Exception : ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
      );
    }
    return act(parsed.data);
  };
}
