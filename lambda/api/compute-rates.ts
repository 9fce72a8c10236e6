/**
 * The prices of steps in the queues of a deployment.
 *
 * @module
 */
import { queueNamed, type Settings } from '../../src/aws/deployment/settings.ts';
import { ec2Pair, fargatePair, ResourcesError } from '../../src/aws/jobs/resources.ts';
import { type CostModel, type Machine, rateOf } from '../../src/model/compute-costs.ts';
import { parseDockerArgs } from '../../src/model/docker-args.ts';
import { DockerArgsError } from '../../src/model/docker-settings.ts';
import { computePricesSchema } from '../../src/model/list-prices.ts';
import { resourceArguments, resourcesSchema } from '../../src/model/resources-option.ts';
import type { Step } from '../../src/model/step.ts';

/** Memory of functions of queues for which the settings have none: the default of the stack. */
const DEFAULT_FUNCTION_MEMORY_MIB = 1769;

type CostSettings = Pick<Settings, 'queues' | 'resources' | 'prices'>;

export function costModelOf(settings: CostSettings): CostModel {
  const prices = computePricesSchema.parse(settings.prices ?? {});
  return {
    hasOwnPrices: settings.prices !== undefined,
    rateOf({ queue, options }) {
      const machine = machineOf(settings, queue, options);
      return machine === undefined ? undefined : rateOf(machine, prices);
    },
  };
}

function machineOf(
  settings: CostSettings,
  name: string,
  options: Step['options'],
): Machine | undefined {
  const queue = queueNamed(settings, name);
  if (queue === undefined) return undefined;
  const { platform } = queue;
  if (platform === 'lambda') {
    const memoryMiB = queue.memoryMiB ?? DEFAULT_FUNCTION_MEMORY_MIB;
    return { platform, spot: false, vcpus: 1, memoryMiB, gpus: 0 };
  }
  try {
    const docker = parseDockerArgs(dockerArgumentsOf(options));
    const requested = {
      vcpus: docker.vcpus ?? settings.resources.vcpus,
      memoryMiB: docker.memoryMiB ?? settings.resources.memoryMiB,
    };
    const granted = platform === 'fargate' ? fargatePair(requested) : ec2Pair(requested);
    return { platform, spot: queue.spot, ...granted, gpus: docker.gpus ?? 0 };
  } catch (error) {
    // A step whose request no queue accepts is not executed.
    if (error instanceof ResourcesError || error instanceof DockerArgsError) return undefined;
    throw error;
  }
}

/** What the options of a step request, as options of `docker run`. */
function dockerArgumentsOf(options: Step['options']): string {
  const { dockerArgs, resources } = options ?? {};
  const parsed = resourcesSchema.safeParse(resources ?? {});
  return [
    typeof dockerArgs === 'string' ? dockerArgs : '',
    parsed.success ? resourceArguments(parsed.data) : '',
  ].join(' ');
}
