/**
 * The option `resources`: CPUs, memory, GPUs and disk of a step's container.
 *
 * It is another spelling of options of `docker run`, which AWS Batch receives.
 *
 * @module
 */
import { z } from 'zod';

const UNITS = { m: 1, g: 1024, t: 1024 * 1024 } as const;
const SIZE = /^(\d+(?:\.\d+)?)\s*([mgt])(?:i?b)?$/i;

/** A size in MiB, of a text such as `512 MiB` or `16g`. */
function mebibytesOf(text: string): number {
  const [, amount = '0', unit = 'm'] = SIZE.exec(text) ?? [];
  const factor =
    unit.toLowerCase() === 'm' ? UNITS.m : unit.toLowerCase() === 'g' ? UNITS.g : UNITS.t;
  return Math.ceil(Number(amount) * factor);
}

const sizeSchema = z
  .string()
  .regex(SIZE, 'a size is a number and a unit, as in "512 MiB" or "16 GiB"');

export const resourcesSchema = z.strictObject({
  cpu: z.number().positive().max(1024).optional(),
  memory: sizeSchema.optional(),
  gpu: z.int().positive().max(64).optional(),
  disk: sizeSchema.optional(),
});
export type ResourcesOption = z.infer<typeof resourcesSchema>;

/** The option of `docker run` for each field. */
export const RESOURCE_ARGUMENTS = {
  cpu: '--cpus',
  memory: '--memory',
  gpu: '--gpus',
  disk: '--storage-opt',
} as const satisfies Readonly<Record<keyof ResourcesOption, string>>;

/** The options of `docker run`, as in `--cpus 4 --memory 16384m`. */
export function resourceArguments({ cpu, memory, gpu, disk }: ResourcesOption): string {
  return [
    ...(cpu === undefined ? [] : [`${RESOURCE_ARGUMENTS.cpu} ${cpu}`]),
    ...(memory === undefined ? [] : [`${RESOURCE_ARGUMENTS.memory} ${mebibytesOf(memory)}m`]),
    ...(gpu === undefined ? [] : [`${RESOURCE_ARGUMENTS.gpu} ${gpu}`]),
    ...(disk === undefined
      ? []
      : [`${RESOURCE_ARGUMENTS.disk} size=${Math.ceil(mebibytesOf(disk) / 1024)}g`]),
  ].join(' ');
}
