/**
 * The command line's entry: parses, runs one command, and turns whatever happens into an exit code.
 *
 * @module
 */
import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit.ts';
import { explain } from './failure.ts';
import { processOutput } from './output.ts';
import { createProgram } from './program.ts';

/** @param argv as in `process.argv`. Ends the process. */
export async function main(argv: readonly string[]): Promise<never> {
  const output = processOutput();
  let exit: ExitCode = EXIT.completed;
  try {
    const program = createProgram(output, (code) => {
      exit = code;
    });
    await program.parseAsync([...argv]);
  } catch (error) {
    exit = failed(error, output.note);
  }
  await output.flush();
  process.exit(exit);
}

function failed(error: unknown, note: (line: string) => void): ExitCode {
  // Commander has said what there is to say; asking for help or the version is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.completed : EXIT.usage;
  const { exit, lines } = explain(error, Boolean(process.env.HEADRACE_DEBUG));
  for (const line of lines) note(line);
  return exit;
}
