/**
 * The entry of the command line: parses the arguments, runs one command, and returns an exit code
 * for every outcome.
 *
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { type HintTarget, withTarget } from '../view/hints.ts';
import { type Output, processOutput } from '../view/output.ts';
import { describeError } from './errors.ts';
import { withHelpWords } from './help-words.ts';
import type { TargetOptions } from './option-types.ts';
import { createProgram } from './program.ts';

/** Runs the command and exits the process. @param argv as in `process.argv` */
export async function main(argv: readonly string[]): Promise<never> {
  const output = processOutput();
  const exit = await execute(argv, output);
  await output.flush();
  // A command without input and output ends before Node.js prints the warnings of the process.
  await nextTurn();
  process.exit(exit);
}

/** Runs the command. An error is printed to stderr and decides the exit code; it is not thrown. */
export async function execute(argv: readonly string[], output: Output): Promise<ExitCode> {
  let exit: ExitCode = EXIT.completed;
  let target: HintTarget = [];
  let printHelp: (() => Promise<void>) | undefined;
  try {
    const program = createProgram(output, {
      onExitCode: (code) => {
        exit = code;
      },
      onTarget: (options) => {
        target = targetAsTyped(options);
      },
      onHelp: (print) => {
        printHelp = print;
      },
    });
    await program
      .parseAsync([...argv.slice(0, 2), ...withHelpWords(argv.slice(2), program)])
      .catch(async (error: unknown) => {
        if (!isHelp(error) || printHelp === undefined) throw error;
        await printHelp();
      });
    return exit;
  } catch (error) {
    return reportError(error, (line) => output.note(withTarget(line, target)));
  }
}

const isHelp = (error: unknown): boolean =>
  error instanceof CommanderError && error.code === 'commander.helpDisplayed';

/** Commands in errors get the options with which this command chose its home or API. */
const targetAsTyped = ({ mode, endpoint, profile, home }: TargetOptions): HintTarget => [
  ...(mode === 'remote' && endpoint === undefined && profile === undefined
    ? ['--mode', 'remote']
    : []),
  ...(endpoint === undefined ? [] : ['--endpoint', endpoint]),
  ...(profile === undefined ? [] : ['--profile', profile]),
  ...(home === undefined ? [] : ['--home', home]),
];

function reportError(error: unknown, note: (line: string) => void): ExitCode {
  // Commander printed its message already. Its errors for help and version have exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.completed : EXIT.usage;
  const { exit, lines, docs } = describeError(error, Boolean(process.env.HEADRACE_DEBUG));
  for (const line of lines) note(line);
  if (docs !== undefined) note(`see ${docs}`);
  return exit;
}
