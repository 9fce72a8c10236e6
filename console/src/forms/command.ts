/**
 * The command line that does what a form or a button does.
 *
 * @module
 */
import { shellQuoted } from '../../../src/model/shell-quoted.ts';
import { commandTarget } from '../format/command-target.ts';

/**
 * `headrace start forecasts/daily --arg depth=8`, with the target of the page. Words are quoted for
 * a shell where necessary.
 */
export const commandLine = (...words: readonly string[]): string =>
  ['headrace', ...[...words, ...targetOptions()].map(shellQuoted)].join(' ');

function targetOptions(): readonly string[] {
  const target = commandTarget();
  if (target === undefined) return [];
  return [/^https?:/u.test(target) ? '--endpoint' : '--profile', target];
}

/** `headrace runs list` with the same filters: those that the command has. */
export const listCommand = ({
  q,
  status,
  tag,
  archived,
  ...filters
}: {
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly by?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly q?: string | undefined;
  readonly status?: readonly string[] | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly archived?: string | undefined;
}): string =>
  commandLine(
    'runs',
    'list',
    ...optionsWith({ ...filters, status: status?.[0], tag: tag?.[0], search: q }),
    ...(archived === 'only' ? ['--archived'] : []),
  );

/** `--name value` for each option that has a value. */
export const optionsWith = (
  values: Readonly<Record<string, string | undefined>>,
): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );

export interface StartCommand {
  readonly project: string;
  readonly pipeline: string;
  /** Undefined: the highest version. */
  readonly version: string | undefined;
  /** As `--arg` takes them. */
  readonly args: readonly string[];
  readonly tags: readonly string[];
  readonly noCache: boolean;
}

export const startCommand = ({ project, pipeline, version, ...options }: StartCommand): string =>
  commandLine(
    'start',
    `${project}/${pipeline}${version === undefined ? '' : `@${version}`}`,
    ...optionsOf(options),
  );

export interface RerunCommand {
  readonly run: string;
  /** The first step that is executed again; undefined: all of them are. */
  readonly from: string | undefined;
  readonly args: readonly string[];
  readonly tags: readonly string[];
  readonly noCache: boolean;
}

export const rerunCommand = ({ run, from, ...options }: RerunCommand): string =>
  commandLine(
    'runs',
    'rerun',
    run,
    ...(from === undefined ? [] : ['--from', from]),
    ...optionsOf(options),
  );

const optionsOf = ({
  args,
  tags,
  noCache,
}: Pick<StartCommand, 'args' | 'tags' | 'noCache'>): readonly string[] => [
  ...args.flatMap((arg) => ['--arg', arg]),
  ...tags.flatMap((tag) => ['--tag', tag]),
  ...(noCache ? ['--no-cache'] : []),
];
