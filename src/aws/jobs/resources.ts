/**
 * vCPUs and memory as the platform can give them: what was asked for, or the next more.
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

/** MiB of memory that Fargate gives, by vCPUs, both in ascending order. */
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
 * The smallest pair that Fargate has with at least so much of both.
 *
 * @throws ResourcesError if it has none
 */
export function fargatePair({ vcpus, memoryMiB }: Resources): Resources {
  for (const [cpu, memories] of FARGATE_MEMORY) {
    const memory = cpu >= vcpus ? memories.find((each) => each >= memoryMiB) : undefined;
    if (memory !== undefined) return { vcpus: cpu, memoryMiB: memory };
  }
  throw new ResourcesError(
    `Fargate has no ${vcpus} vCPUs with ${memoryMiB} MiB of memory (at the most 16 with 120 GiB): ask for less, or use a queue on EC2`,
  );
}

/** EC2 gives whole vCPUs, and any memory from 4 MiB on. */
export const ec2Pair = ({ vcpus, memoryMiB }: Resources): Resources => ({
  vcpus: Math.max(1, Math.ceil(vcpus)),
  memoryMiB: Math.max(4, Math.ceil(memoryMiB)),
});

/** Memory of the container that brings the runner into an image of a user's: it copies files, and ends before the step begins. */
const INIT_MEMORY_MIB = 256;

export interface ContainerShares {
  readonly main: Resources;
  readonly init: Resources;
}

/**
 * What the step's container and the one before it get. vCPUs of a container are a share, of which one that has ended needs none: the step has all of the task's.
 * So the two have half each on Fargate, where each of them must be a number that Fargate has, and their sum too.
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

/** What a user should know about how a request was met; undefined if it was met as it was. */
export function roundingNote(
  requested: Resources,
  granted: Resources,
  platform: 'fargate' | 'ec2',
): string | undefined {
  if (requested.vcpus === granted.vcpus && requested.memoryMiB === granted.memoryMiB)
    return undefined;
  const text = ({ vcpus, memoryMiB }: Resources) => `${vcpus} vCPU and ${memoryMiB} MiB`;
  return `asked for ${text(requested)}, rounded up to ${text(granted)}: ${platform === 'fargate' ? 'Fargate has certain pairs alone' : 'EC2 gives whole vCPUs'}`;
}
