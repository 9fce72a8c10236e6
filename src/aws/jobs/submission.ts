/**
 * Makes the SubmitJob request of a group. Pure.
 *
 * 1. One member is a plain job. Two or more members are an array job, whose index is the position
 *    of the member in the group.
 * 2. The overrides stay small. A small spec is part of them, which saves the most expensive request
 *    of a step. A larger spec is one object in S3, which they name.
 * 3. Every job has the tag of its deployment. The controller may terminate only jobs that have it.
 *
 * @module
 */
import type {
  ContainerOverrides,
  ResourceRequirement,
  SubmitJobCommandInput,
  TaskContainerOverrides,
} from '@aws-sdk/client-batch';
import { batchTimeoutSeconds, CONTAINER_VARIABLES } from '../../model/container.ts';
import { preparationOf } from '../../model/container-settings.ts';
import type { DockerSettings } from '../../model/docker-settings.ts';
import { encodeGroupSpec, packSpec } from '../../model/group-spec.ts';
import { groupSpecKey } from '../../model/object-layout.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { JobGroup } from '../../ports/jobs.ts';
import { DEPLOYMENT_TAG, jobQueueArn } from '../deployment/resource-names.ts';
import { type BatchQueueSettings, batchQueueNamed } from '../deployment/settings.ts';
import {
  type DeploymentSettings,
  INIT_CONTAINER,
  STEP_CONTAINER,
  type StepJobDefinition,
} from './job-definition.ts';
import {
  ec2Pair,
  ec2Shares,
  fargatePair,
  fargateShares,
  type Resources,
  roundingNote,
} from './resources.ts';

export interface Submission {
  /** Without the definition, whose ARN is known only after its registration. */
  readonly input: Omit<SubmitJobCommandInput, 'jobDefinition'>;
  /** The object to store before the job is submitted; undefined if the spec is in the overrides. */
  readonly spec: { readonly key: string; readonly content: Uint8Array } | undefined;
  /** A note for the user about rounded resources. */
  readonly note: string | undefined;
}

/** In characters. Overrides of more than 8,192 characters fail a job after it was submitted. */
const MAX_INLINE_SPEC_LENGTH = 3072;

/** @throws ResourcesError */
export function submissionOf(
  group: JobGroup,
  first: StepSpec,
  definition: StepJobDefinition,
  docker: DockerSettings,
  settings: DeploymentSettings,
): Submission {
  const platform = batchQueueNamed(settings, group.queue)?.platform ?? 'fargate';
  const key = groupSpecKey(first.project, first.run, group.name);
  const content = encodeGroupSpec(
    group.specs.map(withoutLocalPaths),
    preparationOf(group.container),
  );
  const text = packSpec(content);
  const isInline = text.length <= MAX_INLINE_SPEC_LENGTH;
  const environment = [
    { name: CONTAINER_VARIABLES.spec, value: `s3://${settings.bucket}/${key}` },
    ...(isInline ? [{ name: CONTAINER_VARIABLES.specText, value: text }] : []),
    { name: CONTAINER_VARIABLES.token, value: first.token },
    { name: CONTAINER_VARIABLES.transitions, value: settings.transitionsUrl },
  ];
  const { overrides, note } = overridesOf(environment, { platform, definition, docker }, settings);
  return {
    input: {
      jobName: group.name,
      jobQueue: jobQueueArn(settings, settings.prefix, group.queue),
      ...(group.specs.length > 1 ? { arrayProperties: { size: group.specs.length } } : {}),
      parameters: {
        run: first.run,
        group: group.name,
        component: first.component,
        ...(note === undefined ? {} : { note }),
      },
      ...overrides,
      tags: jobTags(settings),
      ...(first.timeoutSeconds === null
        ? {}
        : { timeout: { attemptDurationSeconds: batchTimeoutSeconds(first.timeoutSeconds) } }),
    },
    spec: isInline ? undefined : { key, content },
    note,
  };
}

/** The tags of a job (rule 3). A job has none of its definition's, and a child of an array none. */
export const jobTags = ({ prefix }: Pick<DeploymentSettings, 'prefix'>) => ({
  [DEPLOYMENT_TAG]: prefix,
});

/**
 * The overrides of a job: the part of its container that the definition does not fix.
 *
 * @throws ResourcesError
 */
export function overridesOf(
  environment: ContainerOverrides['environment'],
  {
    platform,
    definition,
    docker,
  }: {
    readonly platform: BatchQueueSettings['platform'];
    readonly definition: StepJobDefinition;
    readonly docker: DockerSettings;
  },
  settings: Pick<DeploymentSettings, 'resources'>,
) {
  const requested: Resources = {
    vcpus: docker.vcpus ?? settings.resources.vcpus,
    memoryMiB: docker.memoryMiB ?? settings.resources.memoryMiB,
  };
  const { step, init, total } = containerResources(
    requested,
    platform,
    definition.hasInitContainer,
  );
  const main: ContainerOverrides = {
    environment,
    resourceRequirements: requirements(step, docker.gpus),
  };
  return {
    overrides:
      definition.form === 'container'
        ? { containerOverrides: main }
        : { ecsPropertiesOverride: taskOverride(main, init) },
    note: roundingNote(requested, total, platform),
  };
}

function containerResources(
  requested: Resources,
  platform: BatchQueueSettings['platform'],
  withInit: boolean,
) {
  if (!withInit) {
    const step = platform === 'fargate' ? fargatePair(requested) : ec2Pair(requested);
    return { step, init: undefined, total: step };
  }
  const { main: step, init } =
    platform === 'fargate' ? fargateShares(requested) : ec2Shares(requested);
  return {
    step,
    init,
    total: { vcpus: Math.max(requested.vcpus, step.vcpus + init.vcpus), memoryMiB: step.memoryMiB },
  };
}

function taskOverride(main: ContainerOverrides, init: Resources | undefined) {
  const step: TaskContainerOverrides = { ...main, name: STEP_CONTAINER };
  const initContainers: readonly TaskContainerOverrides[] =
    init === undefined
      ? []
      : [{ name: INIT_CONTAINER, resourceRequirements: requirements(init, undefined) }];
  return { taskProperties: [{ containers: [...initContainers, step] }] };
}

const requirements = (
  { vcpus, memoryMiB }: Resources,
  gpus: number | undefined,
): ResourceRequirement[] => [
  { type: 'VCPU', value: String(vcpus) },
  { type: 'MEMORY', value: String(memoryMiB) },
  ...(gpus === undefined ? [] : [{ type: 'GPU' as const, value: String(gpus) }]),
];

/**
 * Paths of packages on the machine that made the bundle mean nothing in a container, and are
 * private.
 */
export function withoutLocalPaths({ projectRoot: _, ...spec }: StepSpec): StepSpec {
  return {
    ...spec,
    resolvedImports: {},
    serializers: spec.serializers === null ? null : { ...spec.serializers, resolvedImports: {} },
  };
}
