/**
 * Reads the virtual processors of queues of AWS Batch: those of their machines, and their limit. On
 * Fargate, Batch lists only the limit.
 *
 * @module
 */
import {
  type BatchClient,
  type ComputeEnvironmentDetail,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
} from '@aws-sdk/client-batch';
import type { QueueLoad } from '../../ports/queue-loads.ts';

type Capacity = NonNullable<QueueLoad['vcpus']>;

/** The limit of both requests. */
const MAX_DESCRIBED = 100;

/** The capacities of these queues by their names in AWS; an account has 50 queues by default. */
export async function readCapacities(
  client: BatchClient,
  jobQueueNames: readonly string[],
): Promise<ReadonlyMap<string, Capacity>> {
  if (jobQueueNames.length === 0) return new Map();
  const { jobQueues = [] } = await client.send(
    new DescribeJobQueuesCommand({ jobQueues: jobQueueNames.slice(0, MAX_DESCRIBED) }),
  );
  const environmentsOf = jobQueues.map(({ jobQueueName, computeEnvironmentOrder = [] }) => ({
    queue: jobQueueName ?? '',
    arns: computeEnvironmentOrder.flatMap(({ computeEnvironment }) => computeEnvironment ?? []),
  }));
  const arns = [...new Set(environmentsOf.flatMap((queue) => queue.arns))];
  if (arns.length === 0) return new Map();
  const { computeEnvironments = [] } = await client.send(
    new DescribeComputeEnvironmentsCommand({ computeEnvironments: arns.slice(0, MAX_DESCRIBED) }),
  );
  const environments = new Map(
    computeEnvironments.map((environment) => [environment.computeEnvironmentArn, environment]),
  );
  return new Map(
    environmentsOf.flatMap(({ queue, arns: own }) => {
      const capacity = sumOf(own.map((arn) => capacityOf(environments.get(arn))));
      return capacity === undefined ? [] : [[queue, capacity]];
    }),
  );
}

function capacityOf(environment: ComputeEnvironmentDetail | undefined): Capacity | undefined {
  const { type, desiredvCpus = 0, maxvCpus } = environment?.computeResources ?? {};
  if (maxvCpus === undefined) return undefined;
  return { used: type?.startsWith('FARGATE') === true ? null : desiredvCpus, max: maxvCpus };
}

/** Undefined if one of them is unknown. */
function sumOf(capacities: readonly (Capacity | undefined)[]): Capacity | undefined {
  const [first, ...others] = capacities;
  return others.reduce(
    (sum, each) =>
      sum === undefined || each === undefined
        ? undefined
        : {
            used: sum.used === null || each.used === null ? null : sum.used + each.used,
            max: sum.max + each.max,
          },
    first,
  );
}
