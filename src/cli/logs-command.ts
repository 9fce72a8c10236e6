/**
 * The shared part of `headrace runs logs` on this machine and behind an API.
 *
 * @module
 */
import { CommandLineError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { InterruptSignals } from '../launch/run-locally.ts';
import { type HintTarget, hint } from '../view/hints.ts';
import type { Output } from '../view/output.ts';
import { createColors } from '../view/terminal-text.ts';
import { createLogPrinter } from './log-printer.ts';
import type { LogsCommandOptions } from './option-types.ts';
import { type LogSource, printLogs } from './print-logs.ts';
import { isSelective } from './selected-lines.ts';
import { abandonedNote } from './watch-notes.ts';

/** @param stepArgument the step as an argument: it may be an option, too */
export async function runLogsCommand(
  source: LogSource,
  stepArgument: string | undefined,
  options: LogsCommandOptions,
  target: HintTarget | undefined,
  output: Output,
): Promise<ExitCode> {
  const { step = stepArgument, attempt, follow, json, tail, search } = options;
  if (stepArgument !== undefined && step !== stepArgument)
    throw new CommandLineError(
      `the step is ${JSON.stringify(stepArgument)} and, with --step, ${JSON.stringify(step)}: name it once`,
    );
  if (follow === true && isSelective(options))
    throw new CommandLineError(
      `--follow prints all lines: omit ${tail === undefined ? '--search' : '--tail'}, or --follow`,
    );
  const layout = json === true ? { colors: createColors(false), columns: undefined } : output;
  // Without --follow, Ctrl-C ends the process, as for every command that only reads.
  const signals = follow === true ? new InterruptSignals() : undefined;
  const until = signals?.first ?? new Promise<never>(() => undefined);
  try {
    const outcome = await printLogs(source, createLogPrinter(options, output), {
      step,
      attempt,
      follow,
      tail,
      search,
      layout,
      until,
    });
    const run = source.feed.id;
    if (outcome === 'interrupted') {
      const words = ['runs', 'logs', run, ...(step === undefined ? [] : [step])];
      output.note(
        `interrupted: the run continues without this command; follow its logs again with: ${hint(target, ...words, '--follow')}`,
      );
    }
    if (outcome === 'abandoned') output.note(abandonedNote(run, target));
    return outcome === 'finished' ? EXIT.completed : EXIT.interrupted;
  } finally {
    signals?.release();
  }
}
