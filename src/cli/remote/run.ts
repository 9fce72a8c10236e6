/** `headrace run --mode remote` */
import type { JsonObject } from '../../model/json.ts';
import type { CompiledPipeline } from '../../submit/compile.ts';
import type { ExitCode } from '../exit.ts';
import type { Output } from '../output.ts';
import type { PlaceOptions } from '../place.ts';
import { type Connection, connect } from './connection.ts';
import { followRemote } from './follow.ts';
import { register } from './submit.ts';

export interface RemoteRun {
  readonly compiled: CompiledPipeline;
  readonly args: JsonObject;
  readonly noCache: boolean;
  readonly defaultQueue?: string | null;
}

/** One line about what is recorded, but not done; undefined if all is. */
export const logicNote = ({ declaration }: Pick<CompiledPipeline, 'declaration'>): string | undefined =>
  declaration.pipelineExecutionQueue === 'services'
    ? undefined
    : 'note: pipelineExecutionQueue is recorded, but this version evaluates the logic of every pipeline where its controller is';

/** Registers the pipeline and starts a run of it. */
export async function startRemote(connection: Connection, { compiled, args, noCache, defaultQueue }: RemoteRun): Promise<{ readonly id: string }> {
  const version = await register(connection, compiled);
  return await connection.client.createRun({
    project: version.project,
    pipeline: version.pipeline,
    version: version.version,
    args: { ...args },
    noCache,
    ...(defaultQueue == null ? {} : { defaultQueue }),
  });
}

export async function run(file: string, request: RemoteRun, options: PlaceOptions & { readonly json: boolean }, output: Output): Promise<ExitCode> {
  const connection = connect(options, file);
  const note = logicNote(request.compiled);
  if (note !== undefined) output.note(note);
  return await followRemote(connection, () => startRemote(connection, request), { json: options.json }, output);
}
