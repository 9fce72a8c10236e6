/**
 * Compiles the file that a command names, for a local or a remote run.
 *
 * @module
 */
import { findPipelines } from '../bundle/index.ts';
import type { JsonObject } from '../model/json.ts';
import { parseArguments } from '../submit/arguments.ts';
import { type CompiledPipeline, compile } from '../submit/compile.ts';
import { withUsageErrors } from './errors.ts';
import type { RunCommandOptions } from './option-types.ts';

/** The pipeline that the options choose, with the arguments of `--arg`. @throws UsageError */
export async function compileForRun(
  file: string,
  { pipeline, arg }: Pick<RunCommandOptions, 'pipeline' | 'arg'>,
): Promise<{ readonly compiled: CompiledPipeline; readonly args: JsonObject }> {
  const compiled = await withUsageErrors(compile({ file, pipeline }));
  const args = parseArguments(arg, compiled.code.signature, compiled.declaration.argsMap);
  return { compiled, args };
}

/**
 * The pipeline of the run's name in the file as it is now, or the only one in the file, and the
 * arguments for it.
 *
 * @param base the arguments of the run, which the pipeline must accept, and the names of those that
 *   have no form in JSON
 * @param texts arguments that replace them, as `name=value`
 * @throws UsageError
 */
export async function compileForRerun(
  file: string,
  pipeline: string,
  base: { readonly args: JsonObject; readonly encoded: readonly string[] },
  texts: readonly string[] = [],
): Promise<{ readonly compiled: CompiledPipeline; readonly args: JsonObject }> {
  const compiled = await withUsageErrors(
    compile({ file, pipeline }).catch((error: unknown) =>
      compile({ file }).catch(() => Promise.reject(error)),
    ),
  );
  const { code, declaration } = compiled;
  const { signature } = code;
  return {
    compiled,
    args: parseArguments(texts, signature, declaration.argsMap, base.args, base.encoded),
  };
}

/** The names with which `--pipeline` chooses; undefined for the only pipeline of a file. */
export async function pipelineNames(file: string): Promise<readonly (string | undefined)[]> {
  const found = await withUsageErrors(findPipelines(file));
  return found.length < 2
    ? [undefined]
    : found.map(({ exportName, name }) => (exportName === 'default' ? name : (exportName ?? name)));
}
