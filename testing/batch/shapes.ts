/**
 * The schemas of Batch's requests. A request is parsed once, with these.
 *
 * Members that the emulator does not use are stored unchanged, and returned by the Describe
 * operations.
 *
 * @module
 */
import { z } from 'zod';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/u;
const named = (what: string) =>
  z
    .string()
    .regex(
      NAME,
      `${what} has up to 128 letters, digits, dashes and underscores, and starts with a letter or digit`,
    );

const environmentSchema = z.array(
  z.object({ name: z.string().optional(), value: z.string().optional() }),
);
export type Environment = z.infer<typeof environmentSchema>;

const requirementsSchema = z.array(
  z.object({ type: z.enum(['VCPU', 'MEMORY', 'GPU']), value: z.string() }),
);
export type Requirements = z.infer<typeof requirementsSchema>;

export const tagsSchema = z
  .record(z.string().min(1).max(128), z.string().max(256))
  .refine((tags) => Object.keys(tags).length <= 50, 'at most 50 tags')
  .refine(
    (tags) => Object.keys(tags).every((key) => !key.toLowerCase().startsWith('aws:')),
    'a tag must not start with aws:',
  );

const volumesSchema = z.array(
  z.looseObject({
    name: z.string().optional(),
    host: z.object({ sourcePath: z.string().optional() }).optional(),
  }),
);
export type Volumes = z.infer<typeof volumesSchema>;
const mountPointsSchema = z.array(
  z.object({
    containerPath: z.string().optional(),
    readOnly: z.boolean().optional(),
    sourceVolume: z.string().optional(),
  }),
);
export type MountPoints = z.infer<typeof mountPointsSchema>;
const ulimitsSchema = z.array(
  z.object({ name: z.string(), softLimit: z.int(), hardLimit: z.int() }),
);
const secretsSchema = z.array(z.object({ name: z.string(), valueFrom: z.string() }));
const logConfigurationSchema = z.looseObject({
  logDriver: z.string(),
  options: z.record(z.string(), z.string()).optional(),
});
const linuxParametersSchema = z.looseObject({
  devices: z
    .array(
      z.looseObject({
        hostPath: z.string(),
        containerPath: z.string().optional(),
        permissions: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  initProcessEnabled: z.boolean().optional(),
  sharedMemorySize: z.int().optional(),
  tmpfs: z
    .array(
      z.looseObject({
        containerPath: z.string(),
        size: z.int(),
        mountOptions: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  maxSwap: z.int().optional(),
  swappiness: z.int().optional(),
});

/** The members of a container in both forms of a definition. */
const containerShape = {
  command: z.array(z.string()).optional(),
  environment: environmentSchema.optional(),
  mountPoints: mountPointsSchema.optional(),
  readonlyRootFilesystem: z.boolean().optional(),
  privileged: z.boolean().optional(),
  ulimits: ulimitsSchema.optional(),
  user: z.string().optional(),
  resourceRequirements: requirementsSchema.optional(),
  linuxParameters: linuxParametersSchema.optional(),
  logConfiguration: logConfigurationSchema.optional(),
  secrets: secretsSchema.optional(),
};

const containerPropertiesSchema = z.looseObject({
  ...containerShape,
  image: z.string().min(1),
  vcpus: z.int().optional(),
  memory: z.int().optional(),
  jobRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
  volumes: volumesSchema.optional(),
});
export type ContainerProperties = z.infer<typeof containerPropertiesSchema>;

const taskContainerSchema = z.looseObject({
  ...containerShape,
  name: z.string().optional(),
  image: z.string().min(1),
  essential: z.boolean().optional(),
  dependsOn: z
    .array(
      z.object({ containerName: z.string(), condition: z.enum(['START', 'COMPLETE', 'SUCCESS']) }),
    )
    .optional(),
  /** Seconds from SIGTERM to SIGKILL. */
  stopTimeout: z.int().min(0).max(120).optional(),
});
export type TaskContainer = z.infer<typeof taskContainerSchema>;

const ecsPropertiesSchema = z.looseObject({
  taskProperties: z
    .array(
      z.looseObject({
        containers: z.array(taskContainerSchema).min(1).max(10),
        volumes: volumesSchema.optional(),
        taskRoleArn: z.string().optional(),
        executionRoleArn: z.string().optional(),
      }),
    )
    .length(1, 'exactly one task'),
});
export type TaskProperties = z.infer<typeof ecsPropertiesSchema>['taskProperties'][number];

const pattern = (allowed: RegExp, what: string) =>
  z.string().max(512).regex(allowed, `${what}, with an asterisk at its end only`);
const retryStrategySchema = z
  .object({
    attempts: z.int().min(1).max(10).optional(),
    evaluateOnExit: z
      .array(
        z
          .object({
            onStatusReason: pattern(/^[^*]*\*?$/u, 'onStatusReason is a text').optional(),
            onReason: pattern(/^[^*]*\*?$/u, 'onReason is a text').optional(),
            onExitCode: pattern(/^\d*\*?$/u, 'onExitCode is a number').optional(),
            action: z.string().regex(/^(?:retry|exit)$/iu, 'action is RETRY or EXIT'),
          })
          .refine(
            (rule) =>
              rule.onExitCode !== undefined ||
              rule.onReason !== undefined ||
              rule.onStatusReason !== undefined,
            'a rule needs a condition',
          ),
      )
      .max(5)
      .optional(),
  })
  .refine(
    ({ attempts, evaluateOnExit }) => attempts !== undefined || (evaluateOnExit ?? []).length === 0,
    'evaluateOnExit needs attempts',
  );
export type RetryStrategy = z.infer<typeof retryStrategySchema>;

const timeoutSchema = z.object({
  attemptDurationSeconds: z.int().min(60, 'a timeout is at least 60 seconds').optional(),
});

export const registerJobDefinitionSchema = z.looseObject({
  jobDefinitionName: named('jobDefinitionName'),
  type: z.enum(['container', 'multinode']),
  parameters: z.record(z.string(), z.string()).optional(),
  schedulingPriority: z.int().min(0).max(9999).optional(),
  containerProperties: containerPropertiesSchema.optional(),
  ecsProperties: ecsPropertiesSchema.optional(),
  retryStrategy: retryStrategySchema.optional(),
  propagateTags: z.boolean().optional(),
  timeout: timeoutSchema.optional(),
  tags: tagsSchema.optional(),
  platformCapabilities: z.array(z.enum(['EC2', 'FARGATE'])).optional(),
});
export type RegisterJobDefinition = z.infer<typeof registerJobDefinitionSchema>;

const containerOverridesSchema = z.object({
  vcpus: z.int().optional(),
  memory: z.int().optional(),
  command: z.array(z.string()).optional(),
  instanceType: z.string().optional(),
  environment: environmentSchema.optional(),
  resourceRequirements: requirementsSchema.optional(),
});
export type ContainerOverrides = z.infer<typeof containerOverridesSchema>;

const ecsPropertiesOverrideSchema = z.object({
  taskProperties: z
    .array(
      z.object({
        containers: z
          .array(containerOverridesSchema.extend({ name: z.string().optional() }))
          .optional(),
      }),
    )
    .optional(),
});

export const submitJobSchema = z.looseObject({
  jobName: named('jobName'),
  jobQueue: z.string(),
  jobDefinition: z.string(),
  arrayProperties: z
    .object({
      size: z
        .int()
        .min(2, 'an array has 2 to 10000 children')
        .max(10_000, 'an array has 2 to 10000 children')
        .optional(),
    })
    .optional(),
  dependsOn: z
    .array(
      z.object({ jobId: z.string().optional(), type: z.enum(['N_TO_N', 'SEQUENTIAL']).optional() }),
    )
    .max(20)
    .optional(),
  parameters: z.record(z.string(), z.string()).optional(),
  containerOverrides: containerOverridesSchema.optional(),
  ecsPropertiesOverride: ecsPropertiesOverrideSchema.optional(),
  retryStrategy: retryStrategySchema.optional(),
  timeout: timeoutSchema.optional(),
  tags: tagsSchema.optional(),
  propagateTags: z.boolean().optional(),
  shareIdentifier: z.string().optional(),
  schedulingPriorityOverride: z.int().min(0).max(9999).optional(),
});
export type SubmitJob = z.infer<typeof submitJobSchema>;

const computeResourcesSchema = z.looseObject({
  type: z.enum(['EC2', 'SPOT', 'FARGATE', 'FARGATE_SPOT']),
  maxvCpus: z.int().min(1),
  minvCpus: z.int().optional(),
  instanceTypes: z.array(z.string()).optional(),
});

export const stateSchema = z.enum(['ENABLED', 'DISABLED']);
export const createComputeEnvironmentSchema = z.looseObject({
  computeEnvironmentName: named('computeEnvironmentName'),
  type: z.enum(['MANAGED', 'UNMANAGED']),
  state: stateSchema.optional(),
  unmanagedvCpus: z.int().optional(),
  computeResources: computeResourcesSchema.optional(),
  serviceRole: z.string().optional(),
  tags: tagsSchema.optional(),
});
export const updateComputeEnvironmentSchema = z.looseObject({
  computeEnvironment: z.string(),
  state: stateSchema.optional(),
  unmanagedvCpus: z.int().optional(),
  computeResources: computeResourcesSchema.partial().optional(),
  serviceRole: z.string().optional(),
});

const orderSchema = z
  .array(z.object({ order: z.int(), computeEnvironment: z.string() }))
  .min(1)
  .max(3);
const timeLimitsSchema = z.array(
  z.object({
    reason: z.string(),
    state: z.literal('RUNNABLE'),
    maxTimeSeconds: z.int().min(600).max(86_400),
    action: z.enum(['CANCEL', 'TERMINATE']),
  }),
);
export type TimeLimits = z.infer<typeof timeLimitsSchema>;
export const createJobQueueSchema = z.looseObject({
  jobQueueName: named('jobQueueName'),
  state: stateSchema.optional(),
  priority: z.int().min(0),
  computeEnvironmentOrder: orderSchema,
  tags: tagsSchema.optional(),
  jobStateTimeLimitActions: timeLimitsSchema.optional(),
});
export const updateJobQueueSchema = z.looseObject({
  jobQueue: z.string(),
  state: stateSchema.optional(),
  priority: z.int().min(0).optional(),
  computeEnvironmentOrder: orderSchema.optional(),
  jobStateTimeLimitActions: timeLimitsSchema.optional(),
});

const pageShape = { maxResults: z.int().min(1).optional(), nextToken: z.string().optional() };
export const describeComputeEnvironmentsSchema = z.object({
  computeEnvironments: z.array(z.string()).optional(),
  ...pageShape,
});
export const describeJobQueuesSchema = z.object({
  jobQueues: z.array(z.string()).optional(),
  ...pageShape,
});
export const describeJobDefinitionsSchema = z.object({
  jobDefinitions: z.array(z.string()).max(100).optional(),
  jobDefinitionName: z.string().optional(),
  status: z.string().optional(),
  ...pageShape,
});
export const describeJobsSchema = z.object({ jobs: z.array(z.string()).max(100) });
export const jobStatusSchema = z.enum([
  'SUBMITTED',
  'PENDING',
  'RUNNABLE',
  'STARTING',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
]);
export const listJobsSchema = z.object({
  jobQueue: z.string().optional(),
  arrayJobId: z.string().optional(),
  multiNodeJobId: z.string().optional(),
  jobStatus: jobStatusSchema.optional(),
  filters: z
    .array(z.object({ name: z.string().optional(), values: z.array(z.string()).optional() }))
    .optional(),
  ...pageShape,
});
export type ListJobs = z.infer<typeof listJobsSchema>;
export const stopJobSchema = z.object({
  jobId: z.string().min(1),
  reason: z.string().min(1).max(1024),
});
export const deleteComputeEnvironmentSchema = z.object({ computeEnvironment: z.string() });
export const deleteJobQueueSchema = z.object({ jobQueue: z.string() });
export const deregisterJobDefinitionSchema = z.object({ jobDefinition: z.string() });
