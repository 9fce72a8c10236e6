/**
 * The schema of a configured queue: on Fargate, on EC2, on Lambda, or with the machines of another
 * queue.
 *
 * @module
 */
import { z } from 'zod';
import { MAX_FUNCTION_SECONDS } from '../src/aws/deployment/lambda-queues.ts';

const priority = z
  .int()
  .min(0)
  .max(10_000)
  .default(1)
  .describe('a higher priority runs first, among queues that share a compute environment');
const maxVcpus = z.int().min(1).max(100_000).default(256);

const fargateSchema = z.strictObject({
  type: z.literal('fargate'),
  spot: z.boolean().default(false),
  maxVcpus,
  priority,
});

const ec2Schema = z
  .strictObject({
    type: z.literal('ec2'),
    spot: z.boolean().default(false),
    /** `c7i.large`, `g5` or `optimal`. */
    instanceTypes: z
      .array(
        z
          .string()
          .regex(
            /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)?$/,
            'an instance type reads like c7i.large, a family like c7i',
          ),
      )
      .min(1),
    /** The machine image has NVIDIA's driver, and steps may request GPUs. */
    gpu: z.boolean().default(false),
    /**
     * The disk of a machine, which its steps share. The image of the machine takes 30 GiB, and an
     * image with CUDA and PyTorch up to 30 more when it is unpacked.
     */
    diskGiB: z
      .int()
      .min(30, 'a machine image takes 30 GiB')
      .max(16_384, 'a volume has 16384 GiB at most')
      .default(100),
    maxVcpus,
    priority,
  })
  .refine(
    ({ gpu, instanceTypes }) => !gpu || instanceTypes.every((type) => /^(p|g)\d/.test(type)),
    {
      path: ['instanceTypes'],
      error: 'a queue with gpu: true needs instance types that have GPUs (families g… and p…)',
    },
  );

const lambdaSchema = z.strictObject({
  type: z.literal('lambda'),
  /** The memory of a function. It has one vCPU at 1,769 MiB, and six at 10,240. */
  memoryMiB: z.int().min(512).max(10_240).default(1769),
  /** The limit of a step. A step that ends at 900 has a little less, to report its outcome. */
  timeoutSeconds: z.int().min(1).max(MAX_FUNCTION_SECONDS).default(MAX_FUNCTION_SECONDS),
  /** The number of steps of a project that run at the same time. */
  maxConcurrency: z.int().min(2).max(1000).default(100),
  /** The size of `/tmp`. */
  temporaryDiskMiB: z.int().min(512).max(10_240).default(512),
});

const sharedSchema = z.strictObject({
  type: z.literal('shared'),
  /** The queue whose compute environment this one uses. */
  with: z.string(),
  priority,
});

export const queueSchema = z.discriminatedUnion('type', [
  fargateSchema,
  ec2Schema,
  lambdaSchema,
  sharedSchema,
]);
