/**
 * The command line that does what a form or a button does.
 *
 * @module
 */
import { shellQuoted } from '../../../src/model/shell-quoted.ts';

/** `headrace start forecasts/daily --arg depth=8`. Words are quoted for a shell where necessary. */
export const commandLine = (...words: readonly string[]): string =>
  ['headrace', ...words.map(shellQuoted)].join(' ');

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
