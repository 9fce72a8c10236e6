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

const GIB = 1024;
const steps = (from: number, to: number, step: number): readonly number[] => Array.from({ length: (to - from) / step + 1 }, (_, n) => (from + n * step) * GIB);

/** MiB of memory that Fargate gives, by vCPUs, both in ascending order. */
const FARGATE: readonly (readonly [vcpus: number, memory: readonly number[]])[] = [
  [0.25, [512, 1024, 2048]],
  [0.5, steps(1, 4, 1)],
  [1, steps(2, 8, 1)],
  [2, steps(4, 16, 1)],
  [4, steps(8, 30, 1)],
  [8, steps(16, 60, 4)],
  [16, steps(32, 120, 8)],
];

/**
 * The smallest pair that Fargate has with at least so much of both.
 *
 * @throws ResourcesError if it has none
 */
export function fargatePair({ vcpus, memoryMiB }: Resources): Resources {
  for (const [cpu, memories] of FARGATE) {
    const memory = cpu >= vcpus ? memories.find((each) => each >= memoryMiB) : undefined;
    if (memory !== undefined) return { vcpus: cpu, memoryMiB: memory };
  }
  throw new ResourcesError(`Fargate has no ${vcpus} vCPUs with ${memoryMiB} MiB of memory (at the most 16 with 120 GiB): ask for less, or use a queue on EC2`);
}

/** EC2 gives whole vCPUs, and any memory from 4 MiB on. */
export const ec2Pair = ({ vcpus, memoryMiB }: Resources): Resources => ({ vcpus: Math.max(1, Math.ceil(vcpus)), memoryMiB: Math.max(4, Math.ceil(memoryMiB)) });

/** Memory of the container that brings the runner into an image of a user's: it copies files, and ends before the step begins. */
const INIT_MEMORY_MIB = 256;

export interface Shares {
  readonly main: Resources;
  readonly init: Resources;
}

/**
 * What the step's container and the one before it get. vCPUs of a container are a share, of which one that has ended needs none: the step has all of the task's.
 * So the two have half each on Fargate, where each of them must be a number that Fargate has, and their sum too.
 */
export function fargateShares(asked: Resources): Shares {
  const total = fargatePair({ vcpus: Math.max(0.5, asked.vcpus), memoryMiB: asked.memoryMiB + INIT_MEMORY_MIB });
  const half = total.vcpus / 2;
  return { main: { vcpus: half, memoryMiB: total.memoryMiB - INIT_MEMORY_MIB }, init: { vcpus: half, memoryMiB: INIT_MEMORY_MIB } };
}

export function ec2Shares(asked: Resources): Shares {
  const { vcpus, memoryMiB } = ec2Pair(asked);
  return { main: { vcpus: Math.max(1, vcpus - 1), memoryMiB }, init: { vcpus: 1, memoryMiB: INIT_MEMORY_MIB } };
}

/** What a user should know about how a request was met; undefined if it was met as it was. */
export function noteOn(asked: Resources, given: Resources, platform: 'fargate' | 'ec2'): string | undefined {
  if (asked.vcpus === given.vcpus && asked.memoryMiB === given.memoryMiB) return undefined;
  const text = ({ vcpus, memoryMiB }: Resources) => `${vcpus} vCPU and ${memoryMiB} MiB`;
  return `asked for ${text(asked)}, rounded up to ${text(given)}: ${platform === 'fargate' ? 'Fargate has certain pairs alone' : 'EC2 gives whole vCPUs'}`;
}
