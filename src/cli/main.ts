/**
 * The command line's entry: parses, runs one command, and turns whatever happens into an exit code.
 *
 * @module
 */
import { CommanderError } from 'commander';
import { describeError } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type Output, processOutput } from './output.ts';
import { createProgram } from './program.ts';

/** Runs the command and ends the process. @param argv as in `process.argv` */
export async function main(argv: readonly string[]): Promise<never> {
  const output = processOutput();
  const exit = await execute(argv, output);
  await output.flush();
  process.exit(exit);
}

/** Runs the command. Whatever goes wrong is told on stderr, and in the code. */
export async function execute(argv: readonly string[], output: Output): Promise<ExitCode> {
  let exit: ExitCode = EXIT.completed;
  try {
    const program = createProgram(output, (code) => {
      exit = code;
    });
    await program.parseAsync([...argv]);
    return exit;
  } catch (error) {
    return reportError(error, output.note);
  }
}

function reportError(error: unknown, note: (line: string) => void): ExitCode {
  // Commander has said what there is to say; asking for help or the version is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.completed : EXIT.usage;
  const { exit, lines, docs } = describeError(error, Boolean(process.env.HEADRACE_DEBUG));
  for (const line of lines) note(line);
  if (docs !== undefined) note(`see ${docs}`);
  return exit;
}
