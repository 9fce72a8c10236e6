/**
 * Compiles the pipeline that a program calls.
 *
 * @module
 */
import { findPipelines, SeveralPipelinesError, UnknownPipelineError } from '../bundle/index.ts';
import type { LaunchRequest } from '../sdk/launch.ts';
import { type CompiledPipeline, compile } from '../submit/compile.ts';

/** If the file declares several pipelines, the one with the request's name or function name. */
export async function compileRequest({
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
