/**
 * The declaration of a command. A command is one object: its name, help text, arguments and
 * options, and up to two implementations, one for this machine and one for an API.
 *
 * Declarations are loaded at each start of the program, so a file that declares a command imports
 * only light modules statically. An implementation imports the rest when it is called.
 *
 * @module
 */
import type { Argument, Option } from 'commander';
import type { ExitCode } from '../launch/exit-codes.ts';
import type { Output } from '../view/output.ts';
import type { TargetOptions } from './option-types.ts';
import { isRemote } from './target.ts';

/** Receives the values of the arguments in order, then the options, then the output. */
export type Implementation<P extends readonly unknown[]> = (
  ...params: [...P, output: Output]
) => Promise<ExitCode>;

interface CommandText {
  /** As it is typed, with its group: `runs list`. */
  readonly name: string;
  readonly description: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Complete command lines, for the help text. */
  readonly examples: readonly string[];
}

/**
 * `P`: the values of the arguments, then the options, as `arguments` and `options` declare them.
 */
export interface CommandDeclaration<P extends readonly unknown[]> extends CommandText {
  /** Absent: the command always uses the API. */
  readonly local?: Implementation<P>;
  /** Absent: the command always runs on this machine. */
  readonly remote?: Implementation<P>;
  /** Prints the help about what the first argument names: for `--help` with an argument. */
  readonly help?: {
    readonly local?: HelpImplementation<OptionsOf<P>>;
    readonly remote?: HelpImplementation<OptionsOf<P>>;
  };
}

type OptionsOf<P extends readonly unknown[]> = P extends readonly [...unknown[], infer Options]
  ? Options
  : never;

type HelpImplementation<Options> = (
  subject: string,
  options: Options,
  output: Output,
) => Promise<void>;

/** A declared command whose parameter types are erased, so that all commands fit into one table. */
export interface CliCommand extends CommandText {
  /** @param params the values that Commander parsed: the arguments, then the options */
  execute(params: readonly unknown[], target: TargetOptions, output: Output): Promise<ExitCode>;
  /** Absent: the help of the command does not depend on its arguments. */
  readonly printHelp?: (
    subject: string,
    options: unknown,
    target: TargetOptions,
    output: Output,
  ) => Promise<void>;
}

/**
 * @example
 * export const runsTag = defineCommand<[run: string, options: TagOptions]>({
 *   name: 'runs tag',
 *   description: 'add and remove tags',
 *   arguments: [runArgument()],
 *   options: [repeatableOption('--add <tag>', 'add this tag (repeatable)'), ...targetOptions()],
 *   examples: ['headrace runs tag latest --add best'],
 *   local: async (run, options, output) => { … },
 *   remote: async (run, options, output) => { … },
 * });
 */
export function defineCommand<P extends readonly unknown[]>(
  declaration: CommandDeclaration<P>,
): CliCommand {
  const { local, remote, help, ...text } = declaration;
  return {
    ...text,
    ...(help === undefined
      ? {}
      : {
          printHelp: async (subject, options, target, output) => {
            const implementation = chooseImplementation(help.local, help.remote, target);
            // Commander parses options as the declaration states them.
            await implementation(subject, options as OptionsOf<P>, output);
          },
        }),
    execute: async (params, target, output) => {
      const implementation = chooseImplementation(local, remote, target);
      // Commander parses arguments and options as the declaration states them.
      return await implementation(...(params as P), output);
    },
  };
}

/** The only place that decides whether a command runs here or uses an API. */
function chooseImplementation<T>(
  local: T | undefined,
  remote: T | undefined,
  target: TargetOptions,
): T {
  const chosen =
    local !== undefined && remote !== undefined
      ? isRemote(target)
        ? remote
        : local
      : (local ?? remote);
  if (chosen === undefined) throw new Error('the command has no implementation');
  return chosen;
}
