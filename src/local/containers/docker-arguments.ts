/**
 * The arguments of `docker run` for a step's container on this machine.
 *
 * @module
 */
import {
  LOCAL_CONTAINER_VARIABLES,
  LOCAL_HOME_FOLDER,
  RUNNER_COMMAND,
  RUNNER_FOLDER,
} from '../../model/container.ts';
import { parseDockerArgs } from '../../model/docker-args.ts';
import { DockerArgsError, type DockerSettings } from '../../model/docker-settings.ts';
import type { Assignment, ContainerAssignment } from '../../runner/protocol.ts';

/** The labels by which an engine finds the containers of engines that have crashed. */
export const HOME_LABEL = 'headrace.home';
export const ENGINE_LABEL = 'headrace.engine';

export const containerName = (job: string): string => `headrace-${job}`;

/** @throws DockerArgsError */
export function dockerRunArguments(
  { home, job }: Pick<Assignment, 'home' | 'job'>,
  { settings, host, engine }: ContainerAssignment,
): readonly string[] {
  const docker = parseDockerArgs(settings.dockerArgs ?? '');
  const user = userOf(docker, host.user);
  return [
    ...['run', '--interactive', '--rm', '--init', '--name', containerName(job)],
    ...['--label', `${HOME_LABEL}=${home}`, '--label', `${ENGINE_LABEL}=${engine}`],
    ...['--mount', mountOf('bind', `${home}/objects`, `${LOCAL_HOME_FOLDER}/objects`)],
    ...(settings.docker === undefined || settings.docker === host.image
      ? []
      : ['--mount', `${mountOf('volume', host.volume, RUNNER_FOLDER)},readonly`]),
    ...(user === undefined ? [] : ['--user', user]),
    ...['--env', `${LOCAL_CONTAINER_VARIABLES.channel}=1`],
    ...['--env', `${LOCAL_CONTAINER_VARIABLES.home}=${LOCAL_HOME_FOLDER}`],
    ...(host.user === undefined
      ? []
      : ['--env', `${LOCAL_CONTAINER_VARIABLES.owner}=${host.user}`]),
    // Without a value: the client reads it from its own environment.
    ...Object.keys(settings.secrets ?? {}).flatMap((variable) => ['--env', variable]),
    ...settingArguments(docker),
    settings.docker ?? host.image,
    ...RUNNER_COMMAND,
  ];
}

/** The container writes objects of the home: as the user of this machine, or as root. */
function userOf({ user }: DockerSettings, hostUser: string | undefined): string | undefined {
  if (user === undefined) return hostUser;
  if (/^(?:root|0)(?::(?:root|0))?$/.test(user) || user === hostUser) return user;
  throw new DockerArgsError(
    `--user ${user}`,
    'is not available on this machine: a container runs as its user, or as root',
  );
}

/** The value is CSV. */
function mountOf(type: 'bind' | 'volume', source: string, target: string): string {
  const field = `source=${source}`;
  const quoted = /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  return `type=${type},${quoted},target=${target}`;
}

/** All settings but the user, `--init`, and the size of the disk, which few engines can limit. */
function settingArguments(docker: DockerSettings): readonly string[] {
  const { vcpus, memoryMiB, gpus, sharedMemoryMiB, swappiness, ipc, pid, architecture } = docker;
  const option = (name: string, value: number | string | undefined, unit = '') =>
    value === undefined ? [] : [name, `${value}${unit}`];
  return [
    ...option('--cpus', vcpus),
    ...option('--memory', memoryMiB, 'm'),
    // As in AWS, where a step without this option has no swap.
    ...option('--memory-swap', docker.memoryAndSwapMiB ?? memoryMiB, 'm'),
    ...option('--memory-swappiness', swappiness),
    ...option('--gpus', gpus),
    ...option('--shm-size', sharedMemoryMiB, 'm'),
    ...option('--ipc', ipc),
    ...option('--pid', pid),
    ...option(
      '--platform',
      architecture && (architecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64'),
    ),
    ...(docker.readOnly === true ? ['--read-only'] : []),
    ...(docker.privileged === true ? ['--privileged'] : []),
    ...Object.entries(docker.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...docker.ulimits.flatMap(({ name, soft, hard }) => ['--ulimit', `${name}=${soft}:${hard}`]),
    ...docker.tmpfs.flatMap(({ path, sizeMiB, options }) => [
      '--tmpfs',
      `${path}:${[`size=${sizeMiB}m`, ...options].join(',')}`,
    ]),
    ...docker.devices.flatMap(({ host, container, permissions }) => [
      '--device',
      `${host}:${container}:${permissions.map((each) => each[0]?.toLowerCase()).join('')}`,
    ]),
    ...docker.volumes.flatMap(({ source, target, readOnly }) => [
      '--volume',
      `${source}:${target}${readOnly ? ':ro' : ''}`,
    ]),
  ];
}
