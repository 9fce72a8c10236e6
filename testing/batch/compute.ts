/**
 * Compute environments and job queues.
 *
 * 1. A queue places jobs on its environments in their order. The jobs of an environment stay within
 *    its `maxvCpus`.
 * 2. A resource is deleted only if it is disabled and no other resource uses it.
 *
 * @module
 */
import type { z } from 'zod';
import { type ArnScope, arnOf, nameIn } from './arns.ts';
import { Refusal } from './errors.ts';
import { type Page, page } from './pages.ts';
import type {
  createComputeEnvironmentSchema,
  createJobQueueSchema,
  describeComputeEnvironmentsSchema,
  describeJobQueuesSchema,
  TimeLimits,
  updateComputeEnvironmentSchema,
  updateJobQueueSchema,
} from './shapes.ts';

type State = 'ENABLED' | 'DISABLED';

export interface ComputeEnvironment {
  readonly name: string;
  readonly arn: string;
  detail: z.infer<typeof createComputeEnvironmentSchema>;
  state: State;
  /** vCPUs of its running jobs. */
  used: number;
  tags: Record<string, string>;
}

export interface JobQueue {
  readonly name: string;
  readonly arn: string;
  state: State;
  priority: number;
  environments: readonly ComputeEnvironment[];
  timeLimits: TimeLimits;
  tags: Record<string, string>;
}

export const isFargate = (environment: ComputeEnvironment): boolean =>
  environment.detail.computeResources?.type.startsWith('FARGATE') === true;
export const isSpot = (environment: ComputeEnvironment): boolean =>
  environment.detail.computeResources?.type.endsWith('SPOT') === true;
export const maxVcpus = ({ detail }: ComputeEnvironment): number =>
  detail.computeResources?.maxvCpus ?? detail.unmanagedvCpus ?? Number.POSITIVE_INFINITY;

export class Compute {
  readonly environments = new Map<string, ComputeEnvironment>();
  readonly queues = new Map<string, JobQueue>();
  readonly #scope: ArnScope;

  constructor(scope: ArnScope) {
    this.#scope = scope;
  }

  createEnvironment(request: z.infer<typeof createComputeEnvironmentSchema>): ComputeEnvironment {
    const name = request.computeEnvironmentName;
    if (this.environments.has(name))
      throw new Refusal(`Object already exists: compute environment ${name}`);
    if (request.type === 'MANAGED' && request.computeResources === undefined)
      throw new Refusal('computeResources must be provided for a MANAGED compute environment');
    const { tags = {}, state = 'ENABLED', ...detail } = request;
    const environment: ComputeEnvironment = {
      name,
      arn: arnOf(this.#scope, 'compute-environment', name),
      detail,
      state,
      used: 0,
      tags,
    };
    this.environments.set(name, environment);
    return environment;
  }

  updateEnvironment({
    computeEnvironment,
    state,
    computeResources,
    ...changes
  }: z.infer<typeof updateComputeEnvironmentSchema>): ComputeEnvironment {
    const environment = this.environment(computeEnvironment);
    environment.state = state ?? environment.state;
    const resources = environment.detail.computeResources;
    const { type, maxvCpus } = { ...resources, ...computeResources };
    const merged =
      resources === undefined
        ? undefined
        : {
            ...resources,
            ...computeResources,
            type: type ?? resources.type,
            maxvCpus: maxvCpus ?? resources.maxvCpus,
          };
    environment.detail = {
      ...environment.detail,
      ...changes,
      ...(merged !== undefined && { computeResources: merged }),
    };
    return environment;
  }

  deleteEnvironment(nameOrArn: string): void {
    const environment = this.environments.get(nameIn(nameOrArn));
    if (environment === undefined) return;
    if (environment.state === 'ENABLED')
      throw new Refusal('Cannot delete, resource must be DISABLED first');
    for (const queue of this.queues.values()) {
      if (queue.environments.includes(environment))
        throw new Refusal('Cannot delete, found existing JobQueue relationship');
    }
    this.environments.delete(environment.name);
  }

  environment(nameOrArn: string): ComputeEnvironment {
    const found = this.environments.get(nameIn(nameOrArn));
    if (found === undefined) throw new Refusal(`${nameOrArn} does not exist`);
    return found;
  }

  createQueue(request: z.infer<typeof createJobQueueSchema>): JobQueue {
    const name = request.jobQueueName;
    if (this.queues.has(name)) throw new Refusal(`Object already exists: job queue ${name}`);
    const queue: JobQueue = {
      name,
      arn: arnOf(this.#scope, 'job-queue', name),
      state: request.state ?? 'ENABLED',
      priority: request.priority,
      environments: this.#inOrder(request.computeEnvironmentOrder),
      timeLimits: request.jobStateTimeLimitActions ?? [],
      tags: request.tags ?? {},
    };
    this.queues.set(name, queue);
    return queue;
  }

  updateQueue(request: z.infer<typeof updateJobQueueSchema>): JobQueue {
    const queue = this.queue(request.jobQueue);
    if (request.computeEnvironmentOrder !== undefined)
      queue.environments = this.#inOrder(request.computeEnvironmentOrder);
    queue.state = request.state ?? queue.state;
    queue.priority = request.priority ?? queue.priority;
    queue.timeLimits = request.jobStateTimeLimitActions ?? queue.timeLimits;
    return queue;
  }

  /** Returns the deleted queue, or `undefined` if there was none. */
  deleteQueue(nameOrArn: string): JobQueue | undefined {
    const queue = this.queues.get(nameIn(nameOrArn));
    if (queue === undefined) return undefined;
    if (queue.state === 'ENABLED')
      throw new Refusal('Cannot delete, resource must be DISABLED first');
    this.queues.delete(queue.name);
    return queue;
  }

  queue(nameOrArn: string): JobQueue {
    const found = this.queues.get(nameIn(nameOrArn));
    if (found === undefined || (nameOrArn.startsWith('arn:') && nameOrArn !== found.arn))
      throw new Refusal(`Job Queue ${nameOrArn} not found`);
    return found;
  }

  describeEnvironments({
    computeEnvironments,
    ...rest
  }: z.infer<typeof describeComputeEnvironmentsSchema>): Page<object> {
    const found = computeEnvironments?.flatMap(
      (name) => this.environments.get(nameIn(name)) ?? [],
    ) ?? [...this.environments.values()];
    const { items, ...more } = page(found, rest);
    return { items: items.map((environment) => this.#environmentDetail(environment)), ...more };
  }

  describeQueues({ jobQueues, ...rest }: z.infer<typeof describeJobQueuesSchema>): Page<object> {
    const found = jobQueues?.flatMap((name) => this.queues.get(nameIn(name)) ?? []) ?? [
      ...this.queues.values(),
    ];
    const { items, ...more } = page(found, rest);
    return { items: items.map(queueDetail), ...more };
  }

  #environmentDetail({ name, arn, detail, state, tags }: ComputeEnvironment): object {
    const { partition, region, account } = this.#scope;
    const cluster = `arn:${partition}:ecs:${region}:${account}:cluster/AWSBatch-${name}`;
    const status = { status: 'VALID', statusReason: 'ComputeEnvironment Healthy' };
    return {
      ...detail,
      computeEnvironmentArn: arn,
      ecsClusterArn: cluster,
      containerOrchestrationType: 'ECS',
      state,
      ...status,
      tags,
    };
  }

  #inOrder(
    order: z.infer<typeof createJobQueueSchema>['computeEnvironmentOrder'],
  ): readonly ComputeEnvironment[] {
    const environments = order
      .toSorted((a, b) => a.order - b.order)
      .map(({ computeEnvironment }) => this.environment(computeEnvironment));
    if (new Set(environments.map(isFargate)).size > 1)
      throw new Refusal('A job queue cannot have both Fargate and EC2 compute environments');
    return environments;
  }
}

function queueDetail({
  name,
  arn,
  state,
  priority,
  environments,
  timeLimits,
  tags,
}: JobQueue): object {
  return {
    jobQueueName: name,
    jobQueueArn: arn,
    state,
    status: 'VALID',
    statusReason: 'JobQueue Healthy',
    priority,
    computeEnvironmentOrder: environments.map((environment, index) => ({
      order: index + 1,
      computeEnvironment: environment.arn,
    })),
    jobStateTimeLimitActions: timeLimits,
    jobQueueType: environments.every(isFargate) ? 'ECS_FARGATE' : 'ECS',
    tags,
  };
}
