/** `headrace runs resume` and `headrace runs rerun` on this machine. */
import type { NewCode } from '../../engine/rerun-info.ts';
import { CommandLineError } from '../../launch/errors.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import type { Run } from '../../model/run.ts';
import { containerNote } from '../../submit/prepare.ts';
import type { Output } from '../../view/output.ts';
import { compileForRerun } from '../compile-file.ts';
import { withUsageErrors } from '../errors.ts';
import type { RerunCommandOptions, ResumeCommandOptions } from '../option-types.ts';
import { runToCompletion } from '../run-to-completion.ts';
import { withSelectedRun } from '../select.ts';

export async function resume(
  text: string,
  options: ResumeCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { file } = options;
  const { home, run } = await withSelectedRun(text, options, async (selected) => selected, file);
  if (file !== undefined) requireStopped(run);
  const code = file === undefined ? undefined : await newCodeOf(file, run, output);
  return await runToCompletion(
    (engine) =>
      withUsageErrors(
        code === undefined
          ? engine.resume(run.info.id)
          : engine.rerun(run.info.id, { from: null, code }),
      ),
    { home, queueConcurrency: options.queueConcurrency, json: options.json === true },
    output,
  );
}

export async function rerun(
  text: string,
  options: RerunCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { file, from } = options;
  const { home, run } = await withSelectedRun(text, options, async (selected) => selected, file);
  const code = file === undefined ? undefined : await newCodeOf(file, run, output);
  return await runToCompletion(
    (engine) =>
      withUsageErrors(
        engine.rerun(run.info.id, {
          ...(from === undefined ? {} : { from }),
          ...(code === undefined ? {} : { code }),
        }),
      ),
    { home, queueConcurrency: options.queueConcurrency, json: options.json === true },
    output,
  );
}

/** @throws CommandLineError: code is mended for a run that failed or was aborted */
function requireStopped({ info, head }: Run): void {
  if (head.status !== 'failed' && head.status !== 'aborted')
    throw new CommandLineError(
      `run ${info.id} is ${head.status}: --file continues a run that failed or was aborted`,
    );
}

async function newCodeOf(file: string, { info }: Run, output: Output): Promise<NewCode> {
  const compiled = await compileForRerun(file, info.code.name, info.args);
  const note = containerNote(compiled);
  if (note !== undefined) output.note(note);
  return { code: compiled.code, declaration: compiled.declaration, texts: compiled.texts };
}
