/** `headrace runs resume` and `headrace runs rerun` on this machine. */
import { CommandLineError } from '../../launch/errors.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Run } from '../../model/run.ts';
import { parseArguments } from '../../submit/arguments.ts';
import { encodedNames } from '../../submit/child-arguments.ts';
import type { CompiledPipeline } from '../../submit/compile.ts';
import { localNotes } from '../../submit/notes.ts';
import type { Output } from '../../view/output.ts';
import { viewOptions } from '../command-view.ts';
import { compileForRerun } from '../compile-file.ts';
import { containersOf, imagesOfRun } from '../containers.ts';
import { withUsageErrors } from '../errors.ts';
import type {
  ContainersOption,
  RerunCommandOptions,
  ResumeCommandOptions,
} from '../option-types.ts';
import { runToCompletion } from '../run-to-completion.ts';
import { withSelectedRun } from '../select.ts';
import { requireTags } from '../tags.ts';

export async function resume(
  text: string,
  options: ResumeCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { file } = options;
  const { home, run, images } = await selectForContainers(text, options, 'unfinished');
  if (file !== undefined) requireStopped(run);
  const mended =
    file === undefined ? undefined : await compileNewCode(file, run, [], options, output);
  const code = mended?.compiled;
  const containers = await containersOf(options, home, output, code, images);
  return await runToCompletion(
    (engine) =>
      withUsageErrors(
        code === undefined
          ? engine.resume(run.info.id)
          : engine.rerun(run.info.id, { from: null, code }),
      ),
    {
      home,
      queueConcurrency: options.queueConcurrency,
      containers,
      ...viewOptions(options),
    },
    output,
  );
}

export async function rerun(
  text: string,
  options: RerunCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { file, from, arg, tag, cache } = options;
  requireTags('--tag', tag);
  const { home, run, images } = await selectForContainers(text, options, 'all');
  const { compiled: code, args } =
    file === undefined
      ? { compiled: undefined, args: parseRerunArguments(run, arg) }
      : await compileNewCode(file, run, arg, options, output);
  const containers = await containersOf(options, home, output, code, images);
  return await runToCompletion(
    (engine) =>
      withUsageErrors(
        engine.rerun(run.info.id, {
          ...(from === undefined ? {} : { from }),
          ...(code === undefined ? {} : { code }),
          // Without --arg, the run keeps the arguments as they are.
          ...(arg.length === 0 ? {} : { args }),
          ...(cache ? {} : { noCache: true }),
          tags: tag,
        }),
      ),
    {
      home,
      queueConcurrency: options.queueConcurrency,
      containers,
      ...viewOptions(options),
    },
    output,
  );
}

/** The run that `text` names, and the images that its steps need unless new code replaces them. */
const selectForContainers = async (
  text: string,
  options: ContainersOption & Pick<RerunCommandOptions, 'file' | 'home'>,
  again: Parameters<typeof imagesOfRun>[2],
): Promise<{ readonly home: string; readonly run: Run; readonly images: readonly string[] }> =>
  await withSelectedRun(
    text,
    options,
    async ({ home, records, run }) => ({
      home,
      run,
      images:
        options.containers === true && options.file === undefined
          ? await imagesOfRun(records, run, again)
          : [],
    }),
    options.file,
  );

const parseRerunArguments = ({ info }: Run, texts: readonly string[]): JsonObject =>
  parseArguments(
    texts,
    info.code.signature,
    info.declaration.argsMap,
    info.args,
    encodedNames(info),
  );

/** @throws CommandLineError: code is mended for a run that failed or was aborted */
function requireStopped({ info, head }: Run): void {
  if (head.status !== 'failed' && head.status !== 'aborted')
    throw new CommandLineError(
      `run ${info.id} is ${head.status}: --file continues a run that failed or was aborted`,
    );
}

async function compileNewCode(
  file: string,
  { info }: Run,
  texts: readonly string[],
  { containers }: ContainersOption,
  output: Output,
): Promise<{ readonly compiled: CompiledPipeline; readonly args: JsonObject }> {
  const { compiled, args } = await compileForRerun(
    file,
    info.code.name,
    { args: info.args, encoded: encodedNames(info) },
    texts,
  );
  for (const note of localNotes(compiled, containers)) output.note(note);
  return { compiled, args };
}
