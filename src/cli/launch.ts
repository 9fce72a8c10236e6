/**
 * A run that a plain program starts by calling its pipeline: moved by that program's own process. What happens is told on stderr; stdout is the program's.
 *
 * @module
 */
import { findPipelines, SeveralPipelinesError, UnknownPipelineError } from '../bundle/index.ts';
import { decode, fromInline } from '../codec/index.ts';
import type { Run } from '../model/run.ts';
import { isStored, type Value } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';
import { PipelineRunError } from '../sdk/errors.ts';
import type { LaunchRequest } from '../sdk/launch.ts';
import { bindArguments } from '../submit/arguments.ts';
import { type CompiledPipeline, compile } from '../submit/compile.ts';
import { containerNote, prepareRun } from '../submit/prepare.ts';
import { EXIT } from './exit-codes.ts';
import { findHome } from './home.ts';
import { colorsFor, processOutput } from './output.ts';
import { createView, reportSourceOf, runLocally } from './run-locally.ts';
import { summarise } from './run-summary.ts';
import { PlainView } from './view/plain-view.ts';

/** Runs of this program that are under way. */
let activeRuns = 0;

/**
 * Runs the pipeline to its end and returns its result.
 *
 * @throws PipelineRunError if the run does not complete
 * @throws HeadraceError if the pipeline or the arguments are at fault
 */
export async function launch(request: LaunchRequest): Promise<unknown> {
  const output = processOutput();
  const colors = colorsFor(output.errIsTerminal, process.env);
  const compiled = await compileRequested(request);
  const args = bindArguments(request.args, compiled.code.signature);
  const note = containerNote(compiled);
  if (note !== undefined) output.note(note);
  activeRuns++;
  return await runLocally<unknown>({
    home: findHome(undefined, request.file),
    // Two pictures on one terminal would draw over each other.
    view: activeRuns > 1 ? new PlainView(output.note) : createView('stderr', output),
    note: output.note,
    start: async (engine) => {
      const info = await prepareRun(
        compiled,
        { args, noCache: false, defaultQueue: request.defaultQueue },
        engine.store.registry,
      );
      return await engine.start(info, compiled.texts);
    },
    onCompleted: async (engine, run) => {
      for (const line of await summarise(reportSourceOf(engine), run, colors)) output.note(line);
      return await resultOf(run, engine.objects);
    },
    onInterrupted: async () => {
      await output.flush();
      process.exit(EXIT.interrupted);
    },
  }).finally(() => {
    activeRuns--;
  });
}

/** The pipeline that was called, by its name or its function's where the file has several. */
export async function compileRequested({
  file,
  name,
  functionName,
}: LaunchRequest): Promise<CompiledPipeline> {
  const names =
    (await findPipelines(file)).length > 1
      ? [name, functionName].filter((each) => each !== null)
      : [];
  for (const pipeline of names.slice(0, -1)) {
    try {
      return await compile({ file, pipeline });
    } catch (error) {
      if (!(error instanceof UnknownPipelineError || error instanceof SeveralPipelinesError))
        throw error;
    }
  }
  return await compile({ file, pipeline: names.at(-1) });
}

async function resultOf({ info, head }: Run, objects: Objects): Promise<unknown> {
  if (head.status !== 'completed') throw new PipelineRunError(info.id, head.status, head.error);
  return head.result === null ? undefined : await decodeValue(head.result, objects);
}

export async function decodeValue(value: Value, objects: Pick<Objects, 'get'>): Promise<unknown> {
  if (!isStored(value)) return decode(fromInline(value));
  const bytes = await objects.get(value.key);
  return value.format === 'json'
    ? decode({ format: 'json', text: Buffer.from(bytes).toString('utf8') })
    : decode({ format: 'cbor', bytes });
}
