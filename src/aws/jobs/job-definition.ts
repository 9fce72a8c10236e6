/**
 * The job definition of a group: what SubmitJob cannot override. Pure: equal settings make equal definitions, and equal names.
 *
 * 1. Its name holds a hash of all that it fixes, so that one that is registered need not be compared.
 * 2. An image that is not ours gets the runner through a shared volume, from a container that runs before and ends.
 * 3. Nothing of a run is in it: one definition serves every run of the same component settings.
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
import type { DockerSettings } from '../../model/docker-args.ts';
import {
  executionRoleName,
  jobDefinitionName,
  roleArn,
  stepLogGroup,
  stepRoleName,
} from '../deployment/resource-names.ts';
import type { QueueSettings, Settings } from '../deployment/settings.ts';

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
  | 'transitionsUrl'
  | 'architecture'
  | 'imageArchitecture'
>;

export interface StepJobDefinitionRequest {
  readonly project: string;
  readonly queue: QueueSettings;
  readonly image: string | undefined;
  readonly docker: DockerSettings;
}

export interface StepJobDefinition {
  readonly name: string;
  readonly input: RegisterJobDefinitionCommandInput;
  /** Names of its containers, if it has several: their settings are overridden by name. */
  readonly form: 'container' | 'task';
  /** A container of ours runs before the step's. */
  readonly hasInitContainer: boolean;
}

export const STEP_CONTAINER = 'step';
export const INIT_CONTAINER = 'runner';
const VOLUME = 'headrace';

/** SubmitJob says what a job gets; a definition must say something that is valid everywhere. */
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
    // What Batch retries of its own would be seen by nobody and paid by everybody: the engine retries, on its budget for the infrastructure.
    retryStrategy: { attempts: 1 },
    propagateTags: true,
    tags: {
      'headrace:deployment': settings.prefix,
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

/** Projects that the configuration does not declare share a role. */
const roleProjectOf = (
  { project }: StepJobDefinitionRequest,
  { projects }: DeploymentSettings,
): string => (projects.includes(project) ? project : 'default');

function rolesOf(request: StepJobDefinitionRequest, settings: DeploymentSettings) {
  return {
    step: roleArn(settings, stepRoleName(settings.prefix, roleProjectOf(request, settings))),
    execution: roleArn(settings, executionRoleName(settings.prefix)),
  };
}

/** What a container has in both forms. No secrets: the runner reads them as its project may, and the execution role is the same for all projects. */
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
            }
          : {}),
      },
    ],
  };
}

const logConfigurationOf = ({ prefix, region }: DeploymentSettings) => ({
  logDriver: 'awslogs' as const,
  options: { 'awslogs-group': stepLogGroup(prefix), 'awslogs-region': region },
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
 * A container has an init process unless `--init=false` says otherwise: a step may leave processes behind, which only the first process of a container can reap,
 * and the runner does not.
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
