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

/** Registers the pipeline and starts a run of it. `evaluate`: its logic is this process's part. */
export async function startRemote(
  connection: Connection,
  { compiled, args, noCache, defaultQueue }: RemoteRun,
): Promise<{ readonly id: string; readonly evaluate: boolean }> {
  const evaluate = compiled.declaration.pipelineExecutionQueue === null;
  const version = await register(connection, compiled);
  const { id } = await connection.client.createRun({
    project: version.project,
    pipeline: version.pipeline,
    version: version.version,
    args: { ...args },
    noCache,
    ...(evaluate ? { evaluator: 'caller' as const } : {}),
    ...(defaultQueue == null ? {} : { defaultQueue }),
  });
  return { id, evaluate };
}

export async function run(
  file: string,
  request: RemoteRun,
  options: PlaceOptions & { readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const connection = connect(options, file);
  return await followRemote(
    connection,
    () => startRemote(connection, request),
    { json: options.json },
    output,
  );
}
