/**
 * Passes what the steps of a run reported to a function that prints it, from this machine or from an
 * API. With the option `--step`, only the steps that it names.
 *
 * @module
 */
import type { ExitCode } from '../launch/exit-codes.ts';
import type { RunId } from '../model/ids.ts';
import type { ReportSource } from '../view/run-report.ts';
import type { StepViewModel } from '../view/view-models.ts';
import type { TargetOptions } from './option-types.ts';
import { selectCalls, withSelectedRun } from './select.ts';

type StepOptions = TargetOptions & { readonly step?: string };

/** `steps` is undefined if all steps are selected. */
type Print = (
  source: ReportSource,
  run: RunId,
  steps: readonly StepViewModel[] | undefined,
) => Promise<ExitCode>;

export const printLocal = (text: string, options: StepOptions, print: Print): Promise<ExitCode> =>
  withSelectedRun(text, options, async ({ records, run: { info } }) =>
    print(
      records,
      info.id,
      options.step === undefined ? undefined : await selectCalls(records, info.id, options.step),
    ),
  );

/** @param metrics whether the steps of the run are requested with the first points of their metrics */
export async function printRemote(
  text: string,
  options: StepOptions,
  metrics: boolean,
  print: Print,
): Promise<ExitCode> {
  const [{ connectToRun, selectRemoteCalls }, { RemoteSource, toStepViewModel }] =
    await Promise.all([import('./remote/select.ts'), import('../launch/remote/remote-source.ts')]);
  const { connection, run } = await connectToRun(text, options);
  const { client, hintTarget } = connection;
  const plots = !metrics && options.step === undefined;
  const source = new RemoteSource(client, { metrics, plots, hintTarget });
  const { info } = await source.run(run.id);
  const steps =
    options.step === undefined
      ? undefined
      : (await selectRemoteCalls(client, run.id, options.step)).map(toStepViewModel);
  return await print(source, info.id, steps);
}
