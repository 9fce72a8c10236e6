/**
 * The job definition of a group: the settings that SubmitJob cannot override. Pure: equal settings
 * make equal definitions with equal names.
 *
 * 1. The name holds a hash of everything that the definition fixes. A registered definition with
 *    this name therefore needs no comparison.
 * 2. An image of a user receives the runner through a shared volume, from a container that runs
 *    before the step's container and ends.
 * 3. A definition holds nothing of a run: one definition serves every run with the same component
 *    settings.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type {
  LinuxParameters,
  RegisterJobDefinitionCommandInput,
  TaskContainerProperties,
  Volume,
} from '@aws-sdk/client-batch';
import {
  INIT_COMMAND,
  INIT_VOLUME_FOLDER,
  RUNNER_COMMAND,
  RUNNER_FOLDER,
} from '../../model/container.ts';
import { fargateDiskGiB } from '../../model/docker-args.ts';
import type { DockerSettings } from '../../model/docker-settings.ts';
import {
  DEPLOYMENT_TAG,
  executionRoleName,
  jobDefinitionName,
  roleArn,
  stepRoleName,
} from '../deployment/resource-names.ts';
import type { BatchQueueSettings, Settings } from '../deployment/settings.ts';

export type DeploymentSettings = Pick<
  Settings,
  | 'prefix'
  | 'partition'
  | 'region'
  | 'account'
  | 'projects'
  | 'image'
  | 'runnerImage'
  | 'assignPublicIp'
  | 'queues'
  | 'resources'
  | 'bucket'
  | 'stepLogGroup'
  | 'transitionsUrl'
  | 'architecture'
  | 'imageArchitecture'
  | 'allowHostAccess'
>;

export interface StepJobDefinitionRequest {
  readonly project: string;
  readonly queue: BatchQueueSettings;
  readonly image: string | undefined;
  readonly docker: DockerSettings;
}

export interface StepJobDefinition {
  readonly name: string;
  readonly input: RegisterJobDefinitionCommandInput;
  /** In a `task`, overrides refer to containers by name. */
  readonly form: 'container' | 'task';
  /** A container with the runner runs before the step's container (rule 2). */
  readonly hasInitContainer: boolean;
}

export const STEP_CONTAINER = 'step';
export const INIT_CONTAINER = 'runner';
const VOLUME = 'headrace';

/** SubmitJob overrides these values. A definition needs values that are valid on every platform. */
const PLACEHOLDER_RESOURCES = [
  { type: 'VCPU' as const, value: '1' },
  { type: 'MEMORY' as const, value: '2048' },
];

export function stepJobDefinitionOf(
  request: StepJobDefinitionRequest,
  settings: DeploymentSettings,
): StepJobDefinition {
  const { queue, docker, image = settings.image } = request;
  const hasInitContainer = image !== settings.image;
  const form =
    hasInitContainer || docker.ipc !== undefined || docker.pid !== undefined ? 'task' : 'container';
  const content = {
    type: 'container' as const,
    platformCapabilities: [queue.platform === 'fargate' ? ('FARGATE' as const) : ('EC2' as const)],
    // The engine retries, within its budget for infrastructure failures. A retry of Batch would be
    // invisible to the user, who pays for it.
    retryStrategy: { attempts: 1 },
    propagateTags: true,
    tags: {
      [DEPLOYMENT_TAG]: settings.prefix,
      'headrace:project': roleProjectOf(request, settings),
    },
    ...(form === 'container'
      ? { containerProperties: containerProperties(request, settings, image) }
      : { ecsProperties: ecsPropertiesOf(request, settings, image, hasInitContainer) }),
  };
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const name = jobDefinitionName(settings.prefix, hash);
  return { name, input: { jobDefinitionName: name, ...content }, form, hasInitContainer };
}

/** Projects that the configuration does not declare share the role of `default`. */
const roleProjectOf = (
  { project }: StepJobDefinitionRequest,
  { projects }: DeploymentSettings,
): string => (projects.includes(project) ? project : 'default');

function rolesOf(request: StepJobDefinitionRequest, settings: DeploymentSettings) {
  return {
    step: roleArn(settings, stepRoleName(settings, roleProjectOf(request, settings))),
    execution: roleArn(settings, executionRoleName(settings)),
  };
}

/**
 * The properties of the step's container in both forms. They hold no secrets: the runner reads
 * secrets under its project's role, and all projects share the execution role.
 */
function commonContainerProperties(
  request: StepJobDefinitionRequest,
  settings: DeploymentSettings,
  image: string,
) {
  const { docker } = request;
  const linux = linuxParameters(docker);
  return {
    image,
    command: [...RUNNER_COMMAND],
    resourceRequirements: PLACEHOLDER_RESOURCES,
    environment: Object.entries(docker.environment).map(([name, value]) => ({ name, value })),
    logConfiguration: logConfigurationOf(settings),
    ...(docker.user === undefined ? {} : { user: docker.user }),
    ...(docker.readOnly === undefined ? {} : { readonlyRootFilesystem: docker.readOnly }),
    ...(docker.privileged === undefined ? {} : { privileged: docker.privileged }),
    ...(docker.ulimits.length === 0
      ? {}
      : {
          ulimits: docker.ulimits.map(({ name, soft, hard }) => ({
            name,
            softLimit: soft,
            hardLimit: hard,
          })),
        }),
    ...(Object.keys(linux).length === 0 ? {} : { linuxParameters: linux }),
  };
}

function containerProperties(
  request: StepJobDefinitionRequest,
  settings: DeploymentSettings,
  image: string,
) {
  const { volumes, mountPoints } = volumesOf(request.docker);
  const roles = rolesOf(request, settings);
  return {
    ...commonContainerProperties(request, settings, image),
    jobRoleArn: roles.step,
    executionRoleArn: roles.execution,
    volumes,
    mountPoints,
    ...(request.queue.platform === 'fargate'
      ? {
          fargatePlatformConfiguration: { platformVersion: 'LATEST' },
          ...networkConfigurationOf(settings),
          ...runtimePlatformOf(request, settings),
          ...ephemeralStorageOf(request),
        }
      : {}),
  };
}

function ecsPropertiesOf(
  request: StepJobDefinitionRequest,
  settings: DeploymentSettings,
  image: string,
  hasInitContainer: boolean,
) {
  const { docker, queue } = request;
  const { volumes, mountPoints } = volumesOf(docker);
  const roles = rolesOf(request, settings);
  const step: TaskContainerProperties = {
    ...commonContainerProperties(request, settings, image),
    name: STEP_CONTAINER,
    essential: true,
    mountPoints: [
      ...(hasInitContainer
        ? [{ sourceVolume: VOLUME, containerPath: RUNNER_FOLDER, readOnly: true }]
        : []),
      ...mountPoints,
    ],
    ...(hasInitContainer
      ? { dependsOn: [{ containerName: INIT_CONTAINER, condition: 'SUCCESS' }] }
      : {}),
  };
  const initContainer: TaskContainerProperties = {
    name: INIT_CONTAINER,
    image: settings.runnerImage,
    command: [...INIT_COMMAND],
    // The volume belongs to root, and the image has another user.
    user: 'root',
    essential: false,
    resourceRequirements: PLACEHOLDER_RESOURCES,
    mountPoints: [{ sourceVolume: VOLUME, containerPath: INIT_VOLUME_FOLDER, readOnly: false }],
    logConfiguration: logConfigurationOf(settings),
  };
  return {
    taskProperties: [
      {
        containers: hasInitContainer ? [initContainer, step] : [step],
        volumes: [...(hasInitContainer ? [{ name: VOLUME }] : []), ...volumes],
        taskRoleArn: roles.step,
        executionRoleArn: roles.execution,
        ...(docker.ipc === undefined ? {} : { ipcMode: docker.ipc }),
        ...(docker.pid === undefined ? {} : { pidMode: docker.pid }),
        ...(queue.platform === 'fargate'
          ? {
              platformVersion: 'LATEST',
              ...networkConfigurationOf(settings),
              ...runtimePlatformOf(request, settings),
              ...ephemeralStorageOf(request),
            }
          : {}),
      },
    ],
  };
}

const logConfigurationOf = ({ stepLogGroup, region }: DeploymentSettings) => ({
  logDriver: 'awslogs' as const,
  options: { 'awslogs-group': stepLogGroup, 'awslogs-region': region },
});

const networkConfigurationOf = ({ assignPublicIp }: DeploymentSettings) => ({
  networkConfiguration: {
    assignPublicIp: assignPublicIp ? ('ENABLED' as const) : ('DISABLED' as const),
  },
});

const runtimePlatformOf = ({ docker }: StepJobDefinitionRequest, settings: DeploymentSettings) => ({
  runtimePlatform: {
    operatingSystemFamily: 'LINUX',
    cpuArchitecture: docker.architecture ?? settings.architecture ?? 'X86_64',
  },
});

/** A task on Fargate has 20 GiB. A submission cannot override the disk. */
function ephemeralStorageOf({ docker }: StepJobDefinitionRequest) {
  const sizeInGiB = fargateDiskGiB(docker);
  return sizeInGiB === undefined ? {} : { ephemeralStorage: { sizeInGiB } };
}

function volumesOf({ volumes }: DockerSettings) {
  return {
    volumes: volumes.map(
      ({ source }, index): Volume => ({ name: `volume-${index}`, host: { sourcePath: source } }),
    ),
    mountPoints: volumes.map(({ target, readOnly }, index) => ({
      sourceVolume: `volume-${index}`,
      containerPath: target,
      readOnly,
    })),
  };
}

/**
 * A container has an init process unless `--init=false` is given. A step may leave processes
 * behind, which only the first process of a container can reap, and the runner does not reap them.
 */
function linuxParameters({
  init = true,
  sharedMemoryMiB,
  memoryMiB = 0,
  memoryAndSwapMiB,
  swappiness,
  tmpfs,
  devices,
}: DockerSettings): LinuxParameters {
  return {
    initProcessEnabled: init,
    ...(sharedMemoryMiB === undefined ? {} : { sharedMemorySize: sharedMemoryMiB }),
    ...(memoryAndSwapMiB === undefined
      ? {}
      : { maxSwap: Math.max(0, memoryAndSwapMiB - memoryMiB) }),
    ...(swappiness === undefined ? {} : { swappiness }),
    ...(tmpfs.length === 0
      ? {}
      : {
          tmpfs: tmpfs.map(({ path, sizeMiB, options }) => ({
            containerPath: path,
            size: sizeMiB,
            mountOptions: [...options],
          })),
        }),
    ...(devices.length === 0
      ? {}
      : {
          devices: devices.map(({ host, container, permissions: [...permissions] }) => ({
            hostPath: host,
            containerPath: container,
            permissions: [...permissions],
          })),
        }),
  };
}
