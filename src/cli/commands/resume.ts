/** `headrace runs resume` and `headrace runs rerun` */
import type { NewCode } from '../../engine/rerun-info.ts';
import type { Run } from '../../model/run.ts';
import { completeArguments } from '../../submit/arguments.ts';
import { compile } from '../../submit/compile.ts';
import { containerNote } from '../../submit/prepare.ts';
import { withUsageErrors } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import { findHome } from '../home.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import { openRecords } from '../records.ts';
import { runToCompletion } from '../run-to-completion.ts';
import { selectRun } from '../select.ts';
import type { TargetOptions } from '../target.ts';

export interface ResumeOptions extends TargetOptions, JsonOption {
  readonly queueConcurrency: Readonly<Record<string, number>>;
}

export interface RerunOptions extends ResumeOptions {
  readonly from?: string;
  readonly file?: string;
}

export async function resume(
  text: string,
  options: ResumeOptions,
  output: Output,
): Promise<ExitCode> {
  const home = findHome(options.home, process.cwd());
  const { info } = await findRun(text, home);
  return await runToCompletion(
    (engine) => withUsageErrors(engine.resume(info.id)),
    { home, queueConcurrency: options.queueConcurrency, json: options.json === true },
    output,
  );
}

export async function rerun(
  text: string,
  options: RerunOptions,
  output: Output,
): Promise<ExitCode> {
  const { file, from } = options;
  const home = findHome(options.home, file ?? process.cwd());
  const run = await findRun(text, home);
  const code = file === undefined ? undefined : await compileCurrentSource(file, run, output);
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

async function findRun(text: string, home: string): Promise<Run> {
  const records = await openRecords(home);
  try {
    return await selectRun(records, text);
  } finally {
    await records.close();
  }
}

/** The pipeline of the run's name in the file as it is now, which must take the run's arguments. */
async function compileCurrentSource(file: string, { info }: Run, output: Output): Promise<NewCode> {
  const compiled = await withUsageErrors(
    compile({ file, pipeline: info.code.name }).catch((error: unknown) =>
      compile({ file }).catch(() => Promise.reject(error)),
    ),
  );
  completeArguments(info.args, compiled.code.signature);
  const note = containerNote(compiled);
  if (note !== undefined) output.note(note);
  return { code: compiled.code, declaration: compiled.declaration, texts: compiled.texts };
}
