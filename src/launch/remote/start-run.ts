/**
 * Starts a run behind an API.
 *
 * @module
 */
import type { JsonObject } from '../../model/json.ts';
import type { CompiledPipeline } from '../../submit/compile.ts';
import type { Connection } from './connection.ts';
import { inputPathsOf, uploadInputsOf } from './inputs/run-inputs.ts';
import { registerPipeline } from './register-pipeline.ts';

export interface RemoteRunRequest {
  readonly compiled: CompiledPipeline;
  readonly args: JsonObject;
  readonly tags?: readonly string[];
  readonly noCache: boolean;
  readonly defaultQueue?: string | null;
  /** Prints a line about the upload of input files. */
  readonly note?: (line: string) => void;
}

/**
 * Registers the pipeline and starts a run. With `evaluatesLocally`, this process must evaluate the
 * logic.
 */
export async function startRemoteRun(
  connection: Connection,
  { compiled, args, tags = [], noCache, defaultQueue, note = () => undefined }: RemoteRunRequest,
): Promise<{ readonly id: string; readonly evaluatesLocally: boolean }> {
  const evaluatesLocally = compiled.declaration.pipelineExecutionQueue === null;
  const version = await registerPipeline(connection, compiled);
  const inputs = await uploadInputsOf(connection, inputPathsOf(compiled, args), note);
  const { id } = await connection.client.createRun({
    project: version.project,
    pipeline: version.pipeline,
    version: version.version,
    args: { ...args },
    tags: [...tags],
    noCache,
    ...(evaluatesLocally ? { evaluator: 'caller' as const } : {}),
    ...(defaultQueue == null ? {} : { defaultQueue }),
    ...(inputs === undefined ? {} : { inputs }),
  });
  return { id, evaluatesLocally };
}
