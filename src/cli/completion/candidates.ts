/**
 * The words that may follow on a command line: commands, options, their values, and names that a
 * home has. It reads the program itself, so that a new command or option is completed, too.
 *
 * @module
 */
import type { Command, Option } from 'commander';

export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What a word names. */
export type NameKind = 'run' | 'step' | 'pipeline' | 'model' | 'profile';

export interface NameRequest {
  readonly kind: NameKind;
  /** The run of which the steps are requested. */
  readonly run?: string | undefined;
  /** The values of options that stand on the line, by their long names. */
  readonly options: ReadonlyMap<string, string>;
}

/** Reads names. It may return none, and does not fail. */
export type NameReader = (request: NameRequest) => Promise<readonly Candidate[]>;

/** The names of arguments and of values of options that name something. */
const KINDS: ReadonlyMap<string, NameKind> = new Map([
  ['run', 'run'],
  ['runs', 'run'],
  ['a', 'run'],
  ['b', 'run'],
  ['step', 'step'],
  ['pipeline', 'pipeline'],
  ['model', 'model'],
]);

/** Options whose value names something else than the placeholder of the value states. */
const OPTION_KINDS: ReadonlyMap<string, NameKind> = new Map([
  ['--pipeline', 'pipeline'],
  ['--from', 'step'],
  ['--profile', 'profile'],
]);

/** A command line up to the word that is completed. */
interface Line {
  readonly command: Command;
  readonly positional: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  /** The option whose value is completed. */
  readonly pending: Option | undefined;
}

/**
 * @param words those after `headrace`; the last one is being completed, and may be empty
 */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  readNames: NameReader,
): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? '';
  const line = readLine(program, words.slice(0, -1));
  const found = await candidatesAt(line, current, readNames);
  return found.filter(({ word }) => word.startsWith(current));
}

function readLine(program: Command, words: readonly string[]): Line {
  let command = program;
  let pending: Option | undefined;
  const positional: string[] = [];
  const options = new Map<string, string>();
  for (const word of words) {
    if (pending !== undefined) {
      options.set(nameOf(pending), word);
      pending = undefined;
    } else if (word.startsWith('-')) {
      const [name = '', ...value] = word.split('=');
      const option = command.options.find(({ short, long }) => name === short || name === long);
      if (option === undefined) continue;
      if (value.length > 0) options.set(nameOf(option), value.join('='));
      else if (option.required || option.optional) pending = option;
    } else {
      const child = command.commands.find((each) => each.name() === word);
      if (child === undefined) positional.push(word);
      else command = child;
    }
  }
  return { command, positional, options, pending };
}

const nameOf = ({ long, short }: Option): string => long ?? short ?? '';

async function candidatesAt(
  { command, positional, options, pending }: Line,
  current: string,
  readNames: NameReader,
): Promise<readonly Candidate[]> {
  if (pending !== undefined) {
    const values = pending.argChoices?.map((word) => ({ word, description: '' }));
    if (values !== undefined) return values;
    const kind = OPTION_KINDS.get(nameOf(pending)) ?? KINDS.get(placeholderOf(pending));
    return kind === undefined ? [] : await readNames({ kind, run: positional[0], options });
  }
  if (current.startsWith('-')) return optionsOf(command);
  if (command.commands.length > 0)
    return [
      ...command.commands.map((each) => ({ word: each.name(), description: each.description() })),
      { word: 'help', description: 'print the help of a command' },
    ];
  const declared = command.registeredArguments;
  const argument =
    declared[positional.length] ?? (declared.at(-1)?.variadic ? declared.at(-1) : undefined);
  if (argument?.argChoices !== undefined)
    return argument.argChoices.map((word) => ({ word, description: '' }));
  const kind = KINDS.get(argument?.name() ?? '');
  return kind === undefined ? [] : await readNames({ kind, run: positional[0], options });
}

/** `step` of `--step <step>`. */
const placeholderOf = ({ flags }: Option): string => /[<[]([\w-]+)/.exec(flags)?.[1] ?? '';

const optionsOf = (command: Command): readonly Candidate[] => [
  ...command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => ({ word: nameOf(option), description: option.description })),
  { word: '--help', description: 'print this help' },
];
