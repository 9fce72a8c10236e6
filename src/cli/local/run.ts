/** `headrace run` on this machine, in local or debug mode. */

import { CommandLineError } from '../../launch/errors.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import { findHome } from '../../launch/home.ts';
import { localNotes } from '../../submit/notes.ts';
import { prepareRun } from '../../submit/prepare.ts';
import type { Output } from '../../view/output.ts';
import { viewOptions } from '../command-view.ts';
import { compileForRun } from '../compile-file.ts';
import { containersOf, requireNoContainers } from '../containers.ts';
import { withUsageErrors } from '../errors.ts';
import type { RunCommandOptions } from '../option-types.ts';
import { runToCompletion } from '../run-to-completion.ts';
import { readSignals, requireNoSignals } from '../signal-arguments.ts';
import { requireTags } from '../tags.ts';

export async function run(
  file: string,
  options: RunCommandOptions,
  output: Output,
): Promise<ExitCode> {
  requireTags('--tag', options.tag);
  const { compiled, args } = await compileForRun(file, options);
  const home = findHome(options.home, file);
  const json = options.json === true;
  if (modeOf(options) === 'debug') {
    requireNoContainers(options, 'debug');
    const { debug } = await import('./debug.ts');
    const signals = readSignals(options.signal);
    return await debug(
      { file, pipeline: options.pipeline, compiled, args, home, json, signals },
      output,
    );
  }
  requireNoSignals(options);
  for (const note of localNotes(compiled, options.containers)) output.note(note);
  const containers = await containersOf(options, home, output, compiled);
  return await runToCompletion(
    async (engine) => {
      const info = await withUsageErrors(
        prepareRun(
          compiled,
          { args, tags: options.tag, noCache: !options.cache },
          engine.store.registry,
        ),
      );
      return await engine.start(info, compiled.texts);
    },
    { home, queueConcurrency: options.queueConcurrency, containers, ...viewOptions(options) },
    output,
  );
}

/** `--mode`, else `HEADRACE_MODE`. @throws CommandLineError if the variable names no mode */
function modeOf({ mode }: Pick<RunCommandOptions, 'mode'>): string | undefined {
  const variable = process.env.HEADRACE_MODE;
  if (mode !== undefined || !variable) return mode;
  if (variable === 'local' || variable === 'debug') return variable;
  throw new CommandLineError(
    `HEADRACE_MODE is ${JSON.stringify(variable)}: it is local, debug or remote`,
  );
}
