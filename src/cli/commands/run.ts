/** `headrace run` */

import { parseArguments } from '../../submit/arguments.ts';
import { compile } from '../../submit/compile.ts';
import { containerNote, prepareRun } from '../../submit/prepare.ts';
import { withUsageErrors } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import { findHome } from '../home.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import { runToCompletion } from '../run-to-completion.ts';
import { isRemote, type TargetOptions } from '../target.ts';

export interface RunCommandOptions extends TargetOptions, JsonOption {
  readonly pipeline?: string;
  readonly arg: readonly string[];
  readonly mode?: 'local' | 'debug' | 'remote';
  readonly queueConcurrency: Readonly<Record<string, number>>;
  /** False with `--no-cache`. */
  readonly cache: boolean;
}

export async function run(
  file: string,
  options: RunCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const remote = isRemote(options);
  const compiled = await withUsageErrors(compile({ file, pipeline: options.pipeline }));
  const args = parseArguments(options.arg, compiled.code.signature, compiled.declaration.argsMap);
  if (remote) {
    const request = { compiled, args, noCache: !options.cache };
    return await (await import('../remote/run.ts')).run(
      file,
      request,
      { ...options, json: options.json === true },
      output,
    );
  }
  const home = findHome(options.home, file);
  if (options.mode === 'debug') {
    const { debug } = await import('./debug.ts');
    return await debug(
      { file, pipeline: options.pipeline, compiled, args, home, json: options.json === true },
      output,
    );
  }
  const note = containerNote(compiled);
  if (note !== undefined) output.note(note);
  return await runToCompletion(
    async (engine) => {
      const info = await withUsageErrors(
        prepareRun(compiled, { args, noCache: !options.cache }, engine.store.registry),
      );
      return await engine.start(info, compiled.texts);
    },
    { home, queueConcurrency: options.queueConcurrency, json: options.json === true },
    output,
  );
}
