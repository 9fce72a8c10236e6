/**
 * From a group to its SubmitJob. Pure.
 *
 * 1. One member is a plain job; from two on it is an array, whose index is the member's place.
 * 2. The job's overrides stay small: a small spec rides along in them, which saves the dearest request of a step; any other is one object in S3, and they name it.
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
import type { DockerSettings } from '../../model/docker-args.ts';
import { encodeGroupSpec, packSpec } from '../../model/group-spec.ts';
import { groupSpecKey } from '../../model/object-layout.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { JobGroup } from '../../ports/jobs.ts';
import { jobQueueArn } from '../deployment/resource-names.ts';
import type { QueueSettings } from '../deployment/settings.ts';
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
  /** Without the definition, which has an ARN only when it is registered. */
  readonly input: Omit<SubmitJobCommandInput, 'jobDefinition'>;
  /** What is to be in the store before the job is; undefined if the spec rides along. */
  readonly spec: { readonly key: string; readonly content: Uint8Array } | undefined;
  /** What the user should know of how the request was met. */
  readonly note: string | undefined;
}

/** Characters. Overrides over 8,192 fail a job after it was submitted. */
const MAX_INLINE_SPEC_LENGTH = 3072;

/** @throws ResourcesError */
export function submissionOf(
  group: JobGroup,
  first: StepSpec,
  definition: StepJobDefinition,
  docker: DockerSettings,
  settings: DeploymentSettings,
): Submission {
  const queue: QueueSettings | undefined = settings.queues[group.queue];
  const platform = queue?.platform ?? 'fargate';
  const key = groupSpecKey(first.project, first.run, group.name);
  const content = encodeGroupSpec(group.specs.map(withoutLocalPaths), preparationOf(group));
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
      ...(first.timeoutSeconds === null
        ? {}
        : { timeout: { attemptDurationSeconds: batchTimeoutSeconds(first.timeoutSeconds) } }),
    },
    spec: isInline ? undefined : { key, content },
    note,
  };
}

/**
 * What the job's container gets beside what its definition fixes.
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
    readonly platform: QueueSettings['platform'];
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
  platform: QueueSettings['platform'],
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

function preparationOf({
  container: { dockerBashSetupScript, repo, repoBranch, repoCommit, secrets },
}: JobGroup) {
  return {
    ...(dockerBashSetupScript === undefined ? {} : { dockerBashSetupScript }),
    ...(repo === undefined ? {} : { repo }),
    ...(repoBranch === undefined ? {} : { repoBranch }),
    ...(repoCommit === undefined ? {} : { repoCommit }),
    ...(secrets === undefined ? {} : { secrets }),
  };
}

/** Where packages are on the machine that bundled means nothing to a container, and is nobody's business. */
function withoutLocalPaths({ projectRoot: _, ...spec }: StepSpec): StepSpec {
  return {
    ...spec,
    resolvedImports: {},
    serializers: spec.serializers === null ? null : { ...spec.serializers, resolvedImports: {} },
  };
}
