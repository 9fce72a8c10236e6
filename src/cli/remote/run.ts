/** `headrace run --mode remote` */
import type { JsonObject } from '../../model/json.ts';
import type { CompiledPipeline } from '../../submit/compile.ts';
import { compileForRun } from '../compile-file.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { RunOptions } from '../option-types.ts';
import type { Output } from '../output.ts';
import { type Connection, connect } from './connection.ts';
import { followRemoteRun } from './follow-run.ts';
import { registerPipeline } from './register-pipeline.ts';

export interface RemoteRunRequest {
  readonly compiled: CompiledPipeline;
  readonly args: JsonObject;
  readonly noCache: boolean;
  readonly defaultQueue?: string | null;
}

/** Registers the pipeline and starts a run. With `evaluatesLocally`, this process must evaluate the logic. */
export async function startRemoteRun(
  connection: Connection,
  { compiled, args, noCache, defaultQueue }: RemoteRunRequest,
): Promise<{ readonly id: string; readonly evaluatesLocally: boolean }> {
  const evaluatesLocally = compiled.declaration.pipelineExecutionQueue === null;
  const version = await registerPipeline(connection, compiled);
  const { id } = await connection.client.createRun({
    project: version.project,
    pipeline: version.pipeline,
    version: version.version,
    args: { ...args },
    noCache,
    ...(evaluatesLocally ? { evaluator: 'caller' as const } : {}),
    ...(defaultQueue == null ? {} : { defaultQueue }),
  });
  return { id, evaluatesLocally };
}

export async function run(file: string, options: RunOptions, output: Output): Promise<ExitCode> {
  const { compiled, args } = await compileForRun(file, options);
  const connection = connect(options, file);
  return await followRemoteRun(
    connection,
    () => startRemoteRun(connection, { compiled, args, noCache: !options.cache }),
    { json: options.json === true },
    output,
  );
}
