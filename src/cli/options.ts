/**
 * Options and arguments that several commands share, with their help texts. The types of their
 * values are in option-types.ts.
 *
 * @module
 */
import { Argument, InvalidArgumentError, Option } from 'commander';
import { toMilliseconds } from '../sdk/duration.ts';

export const homeOption = (): Option =>
  new Option(
    '--home <dir>',
    'where runs are stored (default: HEADRACE_HOME, else .headrace in the project’s root)',
  );

export const jsonOption = (): Option => new Option('--json', 'print one JSON document');

export const followOption = (): Option =>
  new Option('--follow', 'print what steps print while they run, each line after its step');

export const endpointOption = (): Option =>
  new Option(
    '--endpoint <url>',
    'the URL of a Headrace API (default: HEADRACE_ENDPOINT, else the profile’s)',
  );

export const profileOption = (): Option =>
  new Option(
    '--profile <name>',
    'the profile to use (default: HEADRACE_PROFILE, else the default one)',
  );

/** The options of a command that has a local and a remote implementation. */
export const targetOptions = (): readonly Option[] => [
  new Option(
    '--mode <mode>',
    'local: on this machine; remote: behind the API of --endpoint or --profile',
  ).choices(['local', 'remote']),
  endpointOption(),
  profileOption(),
  homeOption(),
];

export const queueConcurrencyOption = (): Option =>
  new Option(
    '--queue-concurrency <queue=number>',
    'how many steps of a queue run at once (repeatable)',
  )
    .argParser(collectQueueConcurrency)
    .default({});

export const containersOption = (): Option =>
  new Option(
    '--containers',
    'run each step in a container of its image, as in AWS; needs a Docker engine on this machine',
  );

export const pipelineOption = (): Option =>
  new Option('--pipeline <export>', 'which of the file’s pipelines: its export or its name');

export const argOption = (): Option =>
  repeatableOption(
    '--arg <name=value>',
    'an argument of the pipeline, also as Section/name=value; text for a string parameter, JSON for any other (repeatable)',
  );

export const tagOption = (): Option =>
  repeatableOption(
    '--tag <tag>',
    'give the run this tag, in addition to the pipeline’s (repeatable)',
  );

export const noCacheOption = (): Option =>
  new Option('--no-cache', 'execute every step; its results are stored in the cache');

export const fileArgument = (): Argument =>
  new Argument('<file>', 'the file that exports the pipeline');

export const RUN_DESCRIPTION =
  'a run: its number as in `iris#7`, its id or the first characters of it, `iris#latest`, or `latest`';

export const runArgument = (): Argument => new Argument('<run>', RUN_DESCRIPTION);

export const runOrLatestArgument = (): Argument =>
  new Argument('[run]', RUN_DESCRIPTION).default('latest');

/** An option that may be repeated: its value is the array of all its values. */
/** Milliseconds since the epoch of a time, or of an age as in `7d`. */
export function timeOrAge(text: string): number {
  const age = /^\d+(?:\.\d+)?\s*[a-z]+$/i.test(text) ? ageInMs(text) : undefined;
  const time = age === undefined ? Date.parse(text) : Date.now() - age;
  if (!/^\d/.test(text) || !Number.isFinite(time) || time < 0)
    throw new InvalidArgumentError(
      'It is a time as in 2026-11-30 or 2026-11-30T08:00Z, or an age as in 7d.',
    );
  return time;
}

function ageInMs(text: string): number | undefined {
  try {
    return toMilliseconds(text);
  } catch {
    return undefined;
  }
}

export const repeatableOption = (flags: string, description: string): Option =>
  new Option(flags, description)
    .argParser((value: string, previous: readonly string[]) => [...previous, value])
    .default([]);

function collectQueueConcurrency(
  value: string,
  previous: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const equals = value.lastIndexOf('=');
  const number = value.slice(equals + 1).trim();
  if (equals < 1 || !/^[1-9]\d{0,5}$/.test(number))
    throw new InvalidArgumentError('It is of the form queue=number, with a number from 1 on.');
  return { ...previous, [value.slice(0, equals).trim()]: Number(number) };
}

/** @throws InvalidArgumentError unless the text is a whole number from 1 on */
export function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value))
    throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(value);
}
