/**
 * `headrace/client`: runs, steps, values, metrics and logs for scripts and notebooks.
 *
 * @module
 */
import type { HeadraceClient } from './types.ts';

export type {
  HeadraceClient,
  ListedRun,
  Metric,
  MetricPoint,
  Output,
  Plot,
  PlotMatrix,
  PlotTable,
  ReadRun,
  ReadStep,
  ReportedError,
  RunQuery,
  RunState,
  StartRequest,
  StepAttempt,
} from './types.ts';

/**
 * Opens the runs of this machine.
 *
 * @example
 * ```ts
 * const headrace = await openHome();
 * const run = await headrace.run('iris#7');
 * const model = await (await run.step('train')).artifact('model');
 * await headrace.close();
 * ```
 *
 * @param options `home`: the folder of the runs. Default: as the command finds it from the working
 *   directory
 */
export async function openHome(
  options: { readonly home?: string | undefined } = {},
): Promise<HeadraceClient> {
  const [{ ProgramClient }, { LocalBackend }, { findHome }] = await Promise.all([
    import('./client.ts'),
    import('./local-backend.ts'),
    import('../launch/home.ts'),
  ]);
  return new ProgramClient(new LocalBackend(findHome(options.home, process.cwd())));
}

/**
 * Connects to an API: a deployment, or `headrace dev`. Without options, `HEADRACE_ENDPOINT`,
 * `HEADRACE_PROFILE` or the default profile choose it, as for the command.
 *
 * @throws HeadraceError if no API is chosen
 */
export async function connect(
  options: {
    readonly endpoint?: string | undefined;
    readonly profile?: string | undefined;
    readonly home?: string | undefined;
  } = {},
): Promise<HeadraceClient> {
  const [{ ProgramClient }, { RemoteBackend }] = await Promise.all([
    import('./client.ts'),
    import('./remote-backend.ts'),
  ]);
  return new ProgramClient(new RemoteBackend(options));
}
