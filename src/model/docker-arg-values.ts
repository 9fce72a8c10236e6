/**
 * Parsers for the values of options in `dockerArgs`. Each throws a `DockerArgsError` that names the
 * option and the expected form.
 *
 * @module
 */
import { DockerArgsError, type DockerSettings } from './docker-settings.ts';

export function positive(value: string, option: string): number {
  const number = Number(value);
  if (!(number > 0) || !Number.isFinite(number))
    throw new DockerArgsError(`${option} ${value}`, 'needs a number above 0');
  return number;
}

export function percent(value: string, option: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 100)
    throw new DockerArgsError(`${option} ${value}`, 'needs a whole number from 0 to 100');
  return number;
}

const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
};

/** A size of Docker: a number of bytes, or a number with one of the units b, k, m and g. */
export function mebibytes(value: string, option: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(value) ?? [];
  const factor = BYTES_PER_UNIT[(unit ?? '').toLowerCase()];
  const size = Math.ceil((Number(digits) * (factor ?? 0)) / 2 ** 20);
  if (!(size > 0))
    throw new DockerArgsError(`${option} ${value}`, 'needs a size above 0, such as 512m or 16g');
  return size;
}

export function gpusOf(value: string, option: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1)
    throw new DockerArgsError(
      `${option} ${value}`,
      'needs a number of GPUs: Batch reserves them by number',
    );
  return count;
}

export function variable(value: string, option: string): Record<string, string> {
  const equals = value.indexOf('=');
  if (equals < 1)
    throw new DockerArgsError(
      `${option} ${value}`,
      'needs NAME=value: the container has no environment that the value could be read from',
    );
  const name = value.slice(0, equals);
  if (/^(?:HEADRACE|AWS|ECS)_/i.test(name))
    throw new DockerArgsError(
      `${option} ${name}`,
      'is not for users: the system sets the variables that start with HEADRACE_, AWS_ and ECS_',
    );
  return { [name]: value.slice(equals + 1) };
}

export function flag(value: string, option: string): boolean {
  return oneOf(value, ['true', 'false'], option) === 'true';
}

export function oneOf<T extends string>(value: string, allowed: readonly T[], option: string): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined)
    throw new DockerArgsError(`${option} ${value}`, `must be ${allowed.join(' or ')}`);
  return found;
}

export function tmpfsOf(value: string, option: string): DockerSettings['tmpfs'][number] {
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

export function deviceOf(value: string, option: string): DockerSettings['devices'][number] {
  const [host = '', container = host, letters = 'rwm'] = value.split(':');
  const permissions = [...letters].flatMap((letter) =>
    [...PERMISSIONS].flatMap(([known, permission]) => (known === letter ? [permission] : [])),
  );
  if (host === '' || permissions.length !== letters.length)
    throw new DockerArgsError(`${option} ${value}`, 'needs the form /host[:/container[:rwm]]');
  return { host, container, permissions };
}

export function ulimitOf(value: string, option: string): DockerSettings['ulimits'][number] {
  const [, name = '', soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
  if (soft === undefined)
    throw new DockerArgsError(`${option} ${value}`, 'needs the form name=soft[:hard]');
  return { name, soft: Number(soft), hard: Number(hard) };
}

export function volumeOf(value: string, option: string): DockerSettings['volumes'][number] {
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

export function architecture(
  value: string,
  option: string,
): NonNullable<DockerSettings['architecture']> {
  return oneOf(value, ['linux/amd64', 'linux/arm64'], option) === 'linux/arm64'
    ? 'ARM64'
    : 'X86_64';
}

/** `size=120g`, in GiB, rounded up. */
export function diskOf(value: string, option: string): number {
  const size = /^size=(.+)$/.exec(value)?.[1];
  if (size === undefined)
    throw new DockerArgsError(
      `${option} ${value}`,
      'is not available: only size is, as in size=100g',
    );
  return Math.ceil(mebibytes(size, `${option} size`) / 1024);
}
