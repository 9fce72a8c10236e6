/**
 * The seam between a plain program and the engine: the SDK asks for a run, whoever assembles the package says who starts it.
 *
 * @module
 */
export type Mode = 'debug' | 'local' | 'remote';

export interface LaunchRequest {
  /** The file that declares the pipeline, absolute. */
  readonly file: string;
  /** The pipeline's name: the `name` option, else the function's, else (as far as it can be read from the source) the constant's. */
  readonly name: string;
  readonly functionName: string | null;
  /** In the order of the parameters. */
  readonly args: readonly unknown[];
  readonly mode: Exclude<Mode, 'debug'>;
  /** What `PipelineDecorator.setDefaultExecutionQueue` said in this program. */
  readonly defaultQueue: string | null;
}

/** Runs to the end and returns the pipeline's result. @throws PipelineRunError if the run does not complete. */
export type Launch = (request: LaunchRequest) => Promise<unknown>;

let launcher: Launch | undefined;

export function setLauncher(launch: Launch): void {
  launcher = launch;
}

export async function launchRun(request: LaunchRequest): Promise<unknown> {
  if (launcher === undefined) throw new Error('no engine is installed that could start the run');
  return await launcher(request);
}
