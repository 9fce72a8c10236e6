/**
 * `dockerArgs`: the options of `docker run` that AWS Batch can express. Any other option is refused
 * by name when the run is submitted. If it were ignored, its user would learn that only from a
 * failing step, or never.
 *
 * @module
 */
import {
  architecture,
  deviceOf,
  diskOf,
  flag,
  gpusOf,
  mebibytes,
  oneOf,
  percent,
  positive,
  tmpfsOf,
  ulimitOf,
  variable,
  volumeOf,
} from './docker-arg-values.ts';
import { splitArguments, splitOption } from './docker-args-syntax.ts';
import { DockerArgsError, type DockerSettings } from './docker-settings.ts';

/** The properties of a queue that decide which options are available. */
export interface DockerPlatform {
  readonly platform: 'fargate' | 'ec2';
  readonly gpu: boolean;
  /** The size of the machines' disk on EC2, in GiB, if it is known. */
  readonly diskGiB?: number | undefined;
  /** Steps may use the machine outside of their container. Default: they may not. */
  readonly allowHostAccess?: boolean | undefined;
  /** The only architecture for which the deployment has an image; undefined: any architecture. */
  readonly imageArchitecture?: DockerSettings['architecture'] | undefined;
}

/** @param settings those of the options before this one */
type Read = (value: string, option: string, settings: DockerSettings) => Partial<DockerSettings>;

interface DockerOption {
  readonly read: Read;
  /** The option needs no value: `--init` is `--init=true`. */
  readonly flag?: true;
  /** The option is not available on Fargate. */
  readonly ec2Only?: true;
  /** Whether the value gives the container access to its machine outside of the container. */
  readonly usesHost?: (value: string) => boolean;
}

const always = () => true;
const isHost = (value: string) => value === 'host';

const DOCKER_OPTIONS: ReadonlyMap<string, DockerOption> = new Map(
  Object.entries<DockerOption>({
    '--cpus': { read: (value, option) => ({ vcpus: positive(value, option) }) },
    '--memory': { read: (value, option) => ({ memoryMiB: mebibytes(value, option) }) },
    '--storage-opt': { read: (value, option) => ({ diskGiB: diskOf(value, option) }) },
    '--gpus': { ec2Only: true, read: (value, option) => ({ gpus: gpusOf(value, option) }) },
    '--env': {
      read: (value, option, { environment }) => ({
        environment: { ...environment, ...variable(value, option) },
      }),
    },
    '--user': { read: (user) => ({ user }) },
    '--init': { flag: true, read: (value, option) => ({ init: flag(value, option) }) },
    '--read-only': { flag: true, read: (value, option) => ({ readOnly: flag(value, option) }) },
    '--privileged': {
      flag: true,
      ec2Only: true,
      usesHost: (value) => value !== 'false',
      read: (value, option) => ({ privileged: flag(value, option) }),
    },
    '--shm-size': {
      ec2Only: true,
      read: (value, option) => ({ sharedMemoryMiB: mebibytes(value, option) }),
    },
    '--memory-swap': {
      ec2Only: true,
      read: (value, option) => ({ memoryAndSwapMiB: mebibytes(value, option) }),
    },
    '--memory-swappiness': {
      ec2Only: true,
      read: (value, option) => ({ swappiness: percent(value, option) }),
    },
    '--tmpfs': {
      ec2Only: true,
      read: (value, option, { tmpfs }) => ({ tmpfs: [...tmpfs, tmpfsOf(value, option)] }),
    },
    '--device': {
      ec2Only: true,
      usesHost: always,
      read: (value, option, { devices }) => ({ devices: [...devices, deviceOf(value, option)] }),
    },
    '--ulimit': {
      read: (value, option, { ulimits }) => ({ ulimits: [...ulimits, ulimitOf(value, option)] }),
    },
    '--volume': {
      ec2Only: true,
      usesHost: always,
      read: (value, option, { volumes }) => ({ volumes: [...volumes, volumeOf(value, option)] }),
    },
    '--ipc': {
      ec2Only: true,
      usesHost: isHost,
      read: (value, option) => ({ ipc: oneOf(value, ['host', 'none'], option) }),
    },
    '--pid': {
      ec2Only: true,
      usesHost: isHost,
      read: (value, option) => ({ pid: oneOf(value, ['host'], option) }),
    },
    '--platform': { read: (value, option) => ({ architecture: architecture(value, option) }) },
  }),
);

const SHORT_FLAGS = new Map([
  ['-m', '--memory'],
  ['-e', '--env'],
  ['-u', '--user'],
  ['-v', '--volume'],
]);

/** The settings of Headrace that replace options of `docker run`. */
const ALTERNATIVES = new Map(
  Object.entries({
    '--workdir': 'use the option workingDir of the component',
    '-w': 'use the option workingDir of the component',
    '--entrypoint': 'the container runs the step: use dockerBashSetupScript to prepare it',
    '--env-file':
      'name the variables with --env, and secrets with the option secrets of the component',
    '--secret': 'use the option secrets of the component',
    '--runtime': 'the runtime follows from the queue: request GPUs with --gpus and a number',
  }),
);

/**
 * Reads `dockerArgs`.
 *
 * @param platform the queue's; without it, options that only some platforms have are accepted
 * @throws DockerArgsError
 * @example parseDockerArgs('--cpus 4 -m 16g --env MODE=fast').memoryMiB // 16384
 */
export function parseDockerArgs(text: string, platform?: DockerPlatform): DockerSettings {
  let settings: DockerSettings = {
    environment: {},
    tmpfs: [],
    devices: [],
    ulimits: [],
    volumes: [],
  };
  const args = splitArguments(text);
  for (let index = 0; index < args.length; ) {
    const { name, value: attached } = splitOption(args[index++] ?? '');
    const option = DOCKER_OPTIONS.get(SHORT_FLAGS.get(name) ?? name);
    if (option === undefined) throw new DockerArgsError(name, refusalReason(name));
    const value = attached ?? (option.flag === true ? 'true' : args[index++]);
    if (value === undefined || value === '') throw new DockerArgsError(name, 'needs a value');
    if (platform !== undefined) refuseOnPlatform(name, option, value, platform);
    settings = { ...settings, ...option.read(value, name, settings) };
  }
  return settings;
}

function refusalReason(name: string): string {
  if (!name.startsWith('-'))
    return 'is not an option: dockerArgs are the options of docker run, without image and command';
  const instead = ALTERNATIVES.get(name);
  return instead === undefined
    ? `is not available in AWS Batch. Available are ${[...DOCKER_OPTIONS.keys()].join(', ')}`
    : `is not available in AWS Batch: ${instead}`;
}

function refuseOnPlatform(
  name: string,
  option: DockerOption,
  value: string,
  on: DockerPlatform,
): void {
  if (on.platform === 'fargate' && option.ec2Only === true)
    throw new DockerArgsError(name, 'is not available on Fargate: use a queue on EC2');
  if (on.allowHostAccess !== true && option.usesHost?.(value) === true)
    throw new DockerArgsError(
      name,
      'is not available: it gives the step access to its machine, and so to the steps beside it. The configuration of the deployment can allow it (containers.hostAccess)',
    );
  if (
    on.platform === 'fargate' &&
    option === DOCKER_OPTIONS.get('--ulimit') &&
    !value.startsWith('nofile=')
  ) {
    throw new DockerArgsError(
      `${name} ${value}`,
      'is not available on Fargate, which accepts nofile only: use a queue on EC2',
    );
  }
  if (option === DOCKER_OPTIONS.get('--storage-opt')) refuseDisk(name, value, on);
  if (on.platform === 'ec2' && option === DOCKER_OPTIONS.get('--gpus') && !on.gpu)
    throw new DockerArgsError(name, 'needs a queue with GPUs, and this queue has none');
  if (
    option === DOCKER_OPTIONS.get('--platform') &&
    on.imageArchitecture !== undefined &&
    architecture(value, name) !== on.imageArchitecture
  ) {
    throw new DockerArgsError(
      `${name} ${value}`,
      `is not available: the runner of this deployment is built for ${on.imageArchitecture} only (architecture in its configuration)`,
    );
  }
  if (on.platform === 'ec2' && option === DOCKER_OPTIONS.get('--platform'))
    throw new DockerArgsError(name, 'follows from the instance types of a queue on EC2');
}

/** What Fargate offers beyond the 20 GiB that each task has. */
const FARGATE_DISK_GIB = { min: 21, max: 200 };

function refuseDisk(name: string, value: string, on: DockerPlatform): void {
  const diskGiB = diskOf(value, name);
  if (on.platform === 'fargate' && diskGiB > FARGATE_DISK_GIB.max)
    throw new DockerArgsError(
      `${name} ${value}`,
      `is more than Fargate offers (${FARGATE_DISK_GIB.max} GiB): use a queue on EC2`,
    );
  if (on.platform === 'ec2' && on.diskGiB !== undefined && diskGiB > on.diskGiB)
    throw new DockerArgsError(
      `${name} ${value}`,
      `is more than the disk of the queue's machines, which all steps of a machine share (${on.diskGiB} GiB): raise it in the configuration of the deployment`,
    );
}

/** The disk to request on Fargate; undefined if the 20 GiB of each task are enough. */
export const fargateDiskGiB = ({ diskGiB = 0 }: DockerSettings): number | undefined =>
  diskGiB < FARGATE_DISK_GIB.min ? undefined : diskGiB;
