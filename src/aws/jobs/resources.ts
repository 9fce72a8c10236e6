/**
 * vCPUs and memory as the platform offers them: the request, rounded up to the next offer.
 *
 * @module
 */
import { HeadraceError } from '../../model/errors.ts';

export interface Resources {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

export class ResourcesError extends HeadraceError {}

const MIB_PER_GIB = 1024;
const memoryRange = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, n) => (from + n * step) * MIB_PER_GIB);

/** MiB of memory that Fargate offers, by vCPUs, both in ascending order. */
const FARGATE_MEMORY: readonly (readonly [vcpus: number, memory: readonly number[]])[] = [
  [0.25, [512, 1024, 2048]],
  [0.5, memoryRange(1, 4, 1)],
  [1, memoryRange(2, 8, 1)],
  [2, memoryRange(4, 16, 1)],
  [4, memoryRange(8, 30, 1)],
  [8, memoryRange(16, 60, 4)],
  [16, memoryRange(32, 120, 8)],
];

/**
 * The smallest pair of Fargate with at least the requested vCPUs and memory.
 *
 * @throws ResourcesError if there is no such pair
 */
export function fargatePair({ vcpus, memoryMiB }: Resources): Resources {
  for (const [cpu, memories] of FARGATE_MEMORY) {
    const memory = cpu >= vcpus ? memories.find((each) => each >= memoryMiB) : undefined;
    if (memory !== undefined) return { vcpus: cpu, memoryMiB: memory };
  }
  throw new ResourcesError(
    `Fargate has no ${vcpus} vCPUs with ${memoryMiB} MiB of memory (the maximum is 16 with 120 GiB): request less, or use a queue on EC2`,
  );
}

/** EC2 offers whole vCPUs, and any memory from 4 MiB on. */
export const ec2Pair = ({ vcpus, memoryMiB }: Resources): Resources => ({
  vcpus: Math.max(1, Math.ceil(vcpus)),
  memoryMiB: Math.max(4, Math.ceil(memoryMiB)),
});

/** Memory of the init container, which copies the runner and ends before the step starts. */
const INIT_MEMORY_MIB = 256;

export interface ContainerShares {
  readonly main: Resources;
  readonly init: Resources;
}

/**
 * The shares of the step's container and of the init container. vCPUs of a container are a relative
 * share, and a container that has ended uses none: the step then has all vCPUs of the task. On
 * Fargate both shares and their sum must be numbers that Fargate offers, so each container has one
 * half.
 */
export function fargateShares(requested: Resources): ContainerShares {
  const total = fargatePair({
    vcpus: Math.max(0.5, requested.vcpus),
    memoryMiB: requested.memoryMiB + INIT_MEMORY_MIB,
  });
  const half = total.vcpus / 2;
  return {
    main: { vcpus: half, memoryMiB: total.memoryMiB - INIT_MEMORY_MIB },
    init: { vcpus: half, memoryMiB: INIT_MEMORY_MIB },
  };
}

export function ec2Shares(requested: Resources): ContainerShares {
  const { vcpus, memoryMiB } = ec2Pair(requested);
  return {
    main: { vcpus: Math.max(1, vcpus - 1), memoryMiB },
    init: { vcpus: 1, memoryMiB: INIT_MEMORY_MIB },
  };
}

/** A note for the user if the granted resources differ from the requested ones. */
export function roundingNote(
  requested: Resources,
  granted: Resources,
  platform: 'fargate' | 'ec2',
): string | undefined {
  if (requested.vcpus === granted.vcpus && requested.memoryMiB === granted.memoryMiB)
    return undefined;
  const text = ({ vcpus, memoryMiB }: Resources) => `${vcpus} vCPU and ${memoryMiB} MiB`;
  return `requested ${text(requested)}, rounded up to ${text(granted)}: ${platform === 'fargate' ? 'Fargate offers certain pairs only' : 'EC2 offers whole vCPUs'}`;
}
