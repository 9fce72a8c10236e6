/**
 * The interface between a plain program and the engine. The SDK requests a run; the entry point of
 * the package (`src/index.ts`) sets the launcher that starts it.
 *
 * @module
 */
export type Mode = 'debug' | 'local' | 'remote';

export interface LaunchRequest {
  /** The absolute path of the file that declares the pipeline. */
  readonly file: string;
  /**
   * The pipeline's name: the option `name`, else the function's name, else the constant's, if it
   * can be read from the source.
   */
  readonly name: string;
  readonly functionName: string | null;
  /** The arguments, in the order of the parameters. */
  readonly args: readonly unknown[];
  readonly mode: Exclude<Mode, 'debug'>;
  /** The queue that the program set with `PipelineDecorator.setDefaultExecutionQueue`. */
  readonly defaultQueue: string | null;
}

/**
 * Starts the run, waits until it has ended, and returns the pipeline's result.
 *
 * @throws PipelineRunError if the run does not complete
 */
export type Launch = (request: LaunchRequest) => Promise<unknown>;

let launcher: Launch | undefined;

export function setLauncher(launch: Launch): void {
  launcher = launch;
}

export async function launchRun(request: LaunchRequest): Promise<unknown> {
  if (launcher === undefined) throw new Error('no launcher is set that could start the run');
  return await launcher(request);
}
