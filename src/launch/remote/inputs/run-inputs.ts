/**
 * The input files of a run that is started behind an API.
 *
 * @module
 */
import { join } from 'node:path';
import { projectRootOf } from '../../../bundle/project-root.ts';
import type { Signature } from '../../../model/code.ts';
import { inputArguments } from '../../../model/input-arguments.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { PipelineDeclaration } from '../../../model/options.ts';
import type { RunInputs } from '../../../model/run-inputs.ts';
import type { CompiledPipeline } from '../../../submit/compile.ts';
import type { VersionDocument } from '../../../wire/pipelines.ts';
import { type Connection, isLocalServer } from '../connection.ts';
import { findInputs, type InputPaths } from './find-inputs.ts';
import { uploadInputs } from './upload-inputs.ts';

export interface RunInputPaths extends InputPaths {
  /** The project of the steps. */
  readonly project: string;
}

/** The paths that the source and the arguments of a run name. */
export const inputPathsOf = (compiled: CompiledPipeline, args: JsonObject): RunInputPaths => ({
  root: compiled.code.projectRoot,
  project: compiled.declaration.targetProject ?? compiled.declaration.project,
  addresses: [...(compiled.code.inputs ?? []), ...inputArguments(compiled.code.signature, args)],
  declared: compiled.declaration.inputs ?? [],
});

/** The paths that a registered version and the arguments of a run name, from the current folder. */
export const inputPathsOfVersion = (
  version: Pick<VersionDocument, 'project' | 'inputs'> & {
    readonly declaration: PipelineDeclaration;
    readonly signature: Signature;
  },
  args: JsonObject,
): RunInputPaths => ({
  root: projectRootOf(join(process.cwd(), 'any')),
  project: version.declaration.targetProject ?? version.project,
  addresses: [...version.inputs, ...inputArguments(version.signature, args)],
  declared: version.declaration.inputs ?? [],
});

/**
 * Uploads what the deployment lacks. The steps of a `headrace dev` on this machine read the files of
 * the project themselves.
 *
 * @throws InputFileError, UploadInterruptedError
 */
export async function uploadInputsOf(
  { client, endpoint }: Pick<Connection, 'client' | 'endpoint'>,
  { project, ...paths }: RunInputPaths,
  note: (line: string) => void,
): Promise<RunInputs | undefined> {
  return isLocalServer(endpoint)
    ? undefined
    : await uploadInputs(client, project, await findInputs(paths), note);
}
