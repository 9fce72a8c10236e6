/**
 * Reads the resources that a job requires (vCPUs, memory, GPUs), and checks them for its platform.
 *
 * @module
 */
import { Refusal } from './errors.ts';
import type { Requirements } from './shapes.ts';

export interface Resources {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

export type Platform = 'EC2' | 'FARGATE';

const steps = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step);

/** MiB of memory that Fargate offers, by vCPUs. */
const FARGATE_MEMORY: Readonly<Record<string, readonly number[]>> = {
  '0.25': [512, 1024, 2048],
  '0.5': steps(1024, 4096, 1024),
  '1': steps(2048, 8192, 1024),
  '2': steps(4096, 16_384, 1024),
  '4': steps(8192, 30_720, 1024),
  '8': steps(16_384, 61_440, 4096),
  '16': steps(32_768, 122_880, 8192),
};

export const requirement = (
  requirements: Requirements | undefined,
  type: 'VCPU' | 'MEMORY' | 'GPU',
): string | undefined => requirements?.find((each) => each.type === type)?.value;

/** @throws Refusal for a text that the platform does not accept: on EC2 a vCPU is "2", not "2.0" */
export function resourcesOf(
  platform: Platform,
  {
    resourceRequirements,
    vcpus,
    memory,
  }: {
    resourceRequirements?: Requirements | undefined;
    vcpus?: number | undefined;
    memory?: number | undefined;
  },
): Resources {
  const vcpuText =
    requirement(resourceRequirements, 'VCPU') ?? (vcpus === undefined ? undefined : String(vcpus));
  const memoryText =
    requirement(resourceRequirements, 'MEMORY') ??
    (memory === undefined ? undefined : String(memory));
  const gpuText = requirement(resourceRequirements, 'GPU') ?? '0';
  if (vcpuText === undefined)
    throw new Refusal('Container properties must specify a value for VCPU');
  if (memoryText === undefined)
    throw new Refusal('Container properties must specify a value for MEMORY');
  const vcpuForm = platform === 'EC2' ? /^[1-9]\d*$/u : /^(?:0\.25|0\.5|(?:1|2|4|8|16)(?:\.0)?)$/u;
  if (!vcpuForm.test(vcpuText))
    throw new Refusal(`VCPU value ${vcpuText} is not valid on ${platform}`);
  if (!/^[1-9]\d*$/u.test(memoryText) || Number(memoryText) < 4)
    throw new Refusal(
      `MEMORY value ${memoryText} is not valid: it must be a whole number of MiB, at least 4`,
    );
  if (!/^\d+$/u.test(gpuText)) throw new Refusal(`GPU value ${gpuText} is not valid`);
  if (platform === 'FARGATE' && gpuText !== '0')
    throw new Refusal('GPU is not available on FARGATE');
  return { vcpus: Number(vcpuText), memoryMiB: Number(memoryText), gpus: Number(gpuText) };
}

export const sumOf = (all: readonly Resources[]): Resources => ({
  vcpus: all.reduce((sum, each) => sum + each.vcpus, 0),
  memoryMiB: all.reduce((sum, each) => sum + each.memoryMiB, 0),
  gpus: all.reduce((sum, each) => sum + each.gpus, 0),
});

/** @throws Refusal for a pair of vCPUs and memory that Fargate does not offer */
export function checkFargatePair({ vcpus, memoryMiB }: Resources): void {
  if (FARGATE_MEMORY[String(vcpus)]?.includes(memoryMiB) !== true) {
    throw new Refusal(
      `Fargate resource requirements (${vcpus.toFixed(2)} vCPU, ${memoryMiB} MiB) not valid.`,
    );
  }
}
