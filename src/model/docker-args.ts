/**
 * `dockerArgs`: options of `docker run`, as far as AWS Batch can express them. Any other is refused by name, at submit: a setting that is silently lost
 * would be found when the step fails, or not at all.
 *
 * @module
 */
import { HeadraceError } from './headrace-error.ts';

/** What the options ask for. Sizes are in MiB. */
export interface DockerSettings {
  readonly vcpus?: number;
  readonly memoryMiB?: number;
  readonly gpus?: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly init?: boolean;
  readonly readOnly?: boolean;
  readonly privileged?: boolean;
  readonly sharedMemoryMiB?: number;
  /** Together, as docker counts it. */
  readonly memoryAndSwapMiB?: number;
  readonly swappiness?: number;
  readonly tmpfs: readonly {
    readonly path: string;
    readonly sizeMiB: number;
    readonly options: readonly string[];
  }[];
  readonly devices: readonly {
    readonly host: string;
    readonly container: string;
    readonly permissions: readonly ('READ' | 'WRITE' | 'MKNOD')[];
  }[];
  readonly ulimits: readonly {
    readonly name: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  readonly volumes: readonly {
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
  }[];
  readonly ipc?: 'host' | 'none';
  readonly pid?: 'host';
  readonly architecture?: 'X86_64' | 'ARM64';
}

/** The queue that a step is to run on, as far as it decides what can be asked for. */
export interface DockerPlatform {
  readonly platform: 'fargate' | 'ec2';
  readonly gpu: boolean;
  /** The only one that the deployment has an image for; undefined: any may be asked for. */
  readonly imageArchitecture?: DockerSettings['architecture'] | undefined;
}

export class DockerArgsError extends HeadraceError {
  constructor(
    /** The option as it was written. */
    readonly option: string,
    reason: string,
  ) {
    super(`dockerArgs: ${option} ${reason}`);
  }
}

type Read = (value: string, option: string, before: DockerSettings) => Partial<DockerSettings>;
interface DockerOption {
  readonly read: Read;
  /** It stands alone: `--init`, or `--init=false`. */
  readonly flag?: true;
  /** Containers on Fargate cannot have it. */
  readonly ec2?: true;
}

const DOCKER_OPTIONS: ReadonlyMap<string, DockerOption> = new Map(
  Object.entries<DockerOption>({
    '--cpus': { read: (value, option) => ({ vcpus: positive(value, option) }) },
    '--memory': { read: (value, option) => ({ memoryMiB: mebibytes(value, option) }) },
    '--gpus': { ec2: true, read: (value, option) => ({ gpus: gpusOf(value, option) }) },
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
      ec2: true,
      read: (value, option) => ({ privileged: flag(value, option) }),
    },
    '--shm-size': {
      ec2: true,
      read: (value, option) => ({ sharedMemoryMiB: mebibytes(value, option) }),
    },
    '--memory-swap': {
      ec2: true,
      read: (value, option) => ({ memoryAndSwapMiB: mebibytes(value, option) }),
    },
    '--memory-swappiness': {
      ec2: true,
      read: (value, option) => ({ swappiness: percent(value, option) }),
    },
    '--tmpfs': {
      ec2: true,
      read: (value, option, { tmpfs }) => ({ tmpfs: [...tmpfs, tmpfsOf(value, option)] }),
    },
    '--device': {
      ec2: true,
      read: (value, option, { devices }) => ({ devices: [...devices, deviceOf(value, option)] }),
    },
    '--ulimit': {
      read: (value, option, { ulimits }) => ({ ulimits: [...ulimits, ulimitOf(value, option)] }),
    },
    '--volume': {
      ec2: true,
      read: (value, option, { volumes }) => ({ volumes: [...volumes, volumeOf(value, option)] }),
    },
    '--ipc': {
      ec2: true,
      read: (value, option) => ({ ipc: oneOf(value, ['host', 'none'], option) }),
    },
    '--pid': { ec2: true, read: (value, option) => ({ pid: oneOf(value, ['host'], option) }) },
    '--platform': { read: (value, option) => ({ architecture: architecture(value, option) }) },
  }),
);

const SHORT_FLAGS = new Map([
  ['-m', '--memory'],
  ['-e', '--env'],
  ['-u', '--user'],
  ['-v', '--volume'],
]);

/** Options that mean something here, elsewhere. */
const ALTERNATIVES = new Map(
  Object.entries({
    '--workdir': 'use the option workingDir of the component',
    '-w': 'use the option workingDir of the component',
    '--entrypoint':
      'the container runs the step: use dockerBashSetupScript for what comes before it',
    '--env-file':
      'name the variables with --env, and secrets with the option secrets of the component',
    '--secret': 'use the option secrets of the component',
    '--runtime': 'the runtime follows from the queue: ask for GPUs with --gpus and a number',
  }),
);

/**
 * Reads `dockerArgs`.
 *
 * @param on the queue; without it, what only some queues can give passes
 * @throws DockerArgsError
 * @example
 * parseDockerArgs('--cpus 4 -m 16g --env MODE=fast').memoryMiB // 16384
 */
export function parseDockerArgs(text: string, on?: DockerPlatform): DockerSettings {
  let settings: DockerSettings = {
    environment: {},
    tmpfs: [],
    devices: [],
    ulimits: [],
    volumes: [],
  };
  const words = splitArguments(text);
  for (let at = 0; at < words.length; ) {
    const word = words[at++] ?? '';
    const { name, given } = splitOption(word);
    const option = DOCKER_OPTIONS.get(SHORT_FLAGS.get(name) ?? name);
    if (option === undefined) throw new DockerArgsError(name, refusalReason(name));
    const value = given ?? (option.flag === true ? 'true' : words[at++]);
    if (value === undefined || value === '') throw new DockerArgsError(name, 'needs a value');
    refuseOnPlatform(name, option, value, on);
    settings = { ...settings, ...option.read(value, name, settings) };
  }
  return settings;
}

function refusalReason(name: string): string {
  if (!name.startsWith('-'))
    return 'is no option: give the options of docker run alone, without image and command';
  const instead = ALTERNATIVES.get(name);
  return instead === undefined
    ? `cannot be had in AWS Batch. What can: ${[...DOCKER_OPTIONS.keys()].join(', ')}`
    : `cannot be had in AWS Batch: ${instead}`;
}

function refuseOnPlatform(
  name: string,
  option: DockerOption,
  value: string,
  on: DockerPlatform | undefined,
): void {
  if (on === undefined) return;
  if (on.platform === 'fargate' && option.ec2 === true)
    throw new DockerArgsError(name, 'cannot be had on Fargate: use a queue on EC2');
  if (
    on.platform === 'fargate' &&
    option === DOCKER_OPTIONS.get('--ulimit') &&
    !value.startsWith('nofile=')
  ) {
    throw new DockerArgsError(
      `${name} ${value}`,
      'cannot be had on Fargate, which takes nofile alone: use a queue on EC2',
    );
  }
  if (on.platform === 'ec2' && option === DOCKER_OPTIONS.get('--gpus') && !on.gpu)
    throw new DockerArgsError(name, 'needs a queue with GPUs, and this one has none');
  if (
    option === DOCKER_OPTIONS.get('--platform') &&
    on.imageArchitecture !== undefined &&
    architecture(value, name) !== on.imageArchitecture
  ) {
    throw new DockerArgsError(
      `${name} ${value}`,
      `cannot be had: the runner of this deployment is built for ${on.imageArchitecture} alone (architecture in its configuration)`,
    );
  }
  if (on.platform === 'ec2' && option === DOCKER_OPTIONS.get('--platform'))
    throw new DockerArgsError(name, 'follows from the instance types of a queue on EC2');
}

/** `--memory=4g`, `-m4g`, `-m=4g` or the name alone. */
function splitOption(word: string): { readonly name: string; readonly given: string | undefined } {
  if (word.startsWith('--') || !word.startsWith('-')) {
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    return equals === -1
      ? { name: word, given: undefined }
      : { name: word.slice(0, equals), given: word.slice(equals + 1) };
  }
  const rest = word.slice(2);
  return { name: word.slice(0, 2), given: rest === '' ? undefined : rest.replace(/^=/, '') };
}

/** Words as a shell would see them, without its substitutions. */
function splitArguments(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && quote === '"' && at + 1 < text.length)
        word = `${word ?? ''}${text[++at]}`;
      else word = `${word ?? ''}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === '\\' && at + 1 < text.length) {
      word = `${word ?? ''}${text[++at]}`;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = `${word ?? ''}${character}`;
    }
  }
  if (quote !== '')
    throw new DockerArgsError(
      text.slice(text.lastIndexOf(quote)),
      'has a quote that is not closed',
    );
  if (word !== undefined) words.push(word);
  return words;
}

function positive(value: string, option: string): number {
  const number = Number(value);
  if (!(number > 0) || !Number.isFinite(number))
    throw new DockerArgsError(`${option} ${value}`, 'needs a number above 0');
  return number;
}

function percent(value: string, option: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 100)
    throw new DockerArgsError(`${option} ${value}`, 'needs a whole number from 0 to 100');
  return number;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Docker's sizes: bytes, or with one of the units b, k, m, g. */
function mebibytes(value: string, option: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(value) ?? [];
  const factor = UNITS[(unit ?? '').toLowerCase()];
  const size = Math.ceil((Number(digits) * (factor ?? 0)) / 2 ** 20);
  if (!(size > 0))
    throw new DockerArgsError(`${option} ${value}`, 'needs a size above 0, such as 512m or 16g');
  return size;
}

function gpusOf(value: string, option: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1)
    throw new DockerArgsError(
      `${option} ${value}`,
      'needs a number of GPUs: Batch reserves them by number',
    );
  return count;
}

function variable(value: string, option: string): Record<string, string> {
  const equals = value.indexOf('=');
  if (equals < 1)
    throw new DockerArgsError(
      `${option} ${value}`,
      'needs NAME=value: there is no environment here that it could be taken from',
    );
  const name = value.slice(0, equals);
  if (/^(?:HEADRACE|AWS|ECS)_/i.test(name))
    throw new DockerArgsError(
      `${option} ${name}`,
      'is not for users: variables with HEADRACE_, AWS_ and ECS_ are set by the system',
    );
  return { [name]: value.slice(equals + 1) };
}

function flag(value: string, option: string): boolean {
  return oneOf(value, ['true', 'false'], option) === 'true';
}

function oneOf<T extends string>(value: string, allowed: readonly T[], option: string): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined)
    throw new DockerArgsError(`${option} ${value}`, `can be ${allowed.join(' or ')} here`);
  return found;
}

function tmpfsOf(value: string, option: string): DockerSettings['tmpfs'][number] {
  const [path = '', list = ''] = value.split(/:(.*)/s);
  const options = list.split(',').filter((each) => each !== '');
  const size = options.find((each) => each.startsWith('size='))?.slice('size='.length);
  if (size === undefined)
    throw new DockerArgsError(`${option} ${value}`, 'needs a size: /path:size=64m');
  return {
    path,
    sizeMiB: mebibytes(size, option),
    options: options.filter((each) => !each.startsWith('size=')),
  };
}

const PERMISSIONS = new Map([
  ['r', 'READ'],
  ['w', 'WRITE'],
  ['m', 'MKNOD'],
] as const);

function deviceOf(value: string, option: string): DockerSettings['devices'][number] {
  const [host = '', container = host, letters = 'rwm'] = value.split(':');
  const permissions = [...letters].flatMap((letter) =>
    [...PERMISSIONS].flatMap(([known, permission]) => (known === letter ? [permission] : [])),
  );
  if (host === '' || permissions.length !== letters.length)
    throw new DockerArgsError(`${option} ${value}`, 'needs the form /host[:/container[:rwm]]');
  return { host, container, permissions };
}

function ulimitOf(value: string, option: string): DockerSettings['ulimits'][number] {
  const [, name = '', soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
  if (soft === undefined)
    throw new DockerArgsError(`${option} ${value}`, 'needs the form name=soft[:hard]');
  return { name, soft: Number(soft), hard: Number(hard) };
}

function volumeOf(value: string, option: string): DockerSettings['volumes'][number] {
  const [source = '', target = '', mode = 'rw', ...rest] = value.split(':');
  if (
    !source.startsWith('/') ||
    !target.startsWith('/') ||
    rest.length > 0 ||
    !['ro', 'rw'].includes(mode)
  ) {
    throw new DockerArgsError(
      `${option} ${value}`,
      'needs the form /host:/container[:ro], a folder of the instance',
    );
  }
  return { source, target, readOnly: mode === 'ro' };
}

function architecture(value: string, option: string): NonNullable<DockerSettings['architecture']> {
  return oneOf(value, ['linux/amd64', 'linux/arm64'], option) === 'linux/arm64'
    ? 'ARM64'
    : 'X86_64';
}
