/** `headrace runs plots` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { PlotsCommandOptions } from '../option-types.ts';
import { jsonOption, runOrLatestArgument, targetOptions, wholeNumber } from '../options.ts';
import { selectCalls, withSelectedRun } from '../select.ts';

export const runsPlots = defineCommand<[run: string, options: PlotsCommandOptions]>({
  name: 'runs plots',
  description: 'the tables, images and confusion matrices that the steps of a run reported',
  arguments: [runOrLatestArgument()],
  options: [
    new Option('--step <step>', 'only this step and all calls of this component'),
    new Option('--plot <plot>', 'only this plot, `title/series`, or all series of this title'),
    new Option('--attempt <number>', 'this attempt of each step (default: the last one)').argParser(
      wholeNumber,
    ),
    new Option('--all', 'print all iterations of a plot (default: the last one)'),
    new Option(
      '-o, --output <folder>',
      'write all iterations to this folder: images as they are, tables as comma-separated values',
    ),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace runs plots',
    'headrace runs plots iris#7 --step train --plot confusion',
    'headrace runs plots latest --output plots',
  ],
  async local(text, options, output) {
    const { printPlots } = await import('../print-plots.ts');
    return await withSelectedRun(text, options, async ({ records, run }) =>
      printPlots(
        records,
        run.info.id,
        options.step === undefined
          ? undefined
          : await selectCalls(records, run.info.id, options.step),
        options,
        output,
      ),
    );
  },
  async remote(text, options, output) {
    const [{ connectToRun, selectRemoteCalls }, { RemoteSource, toStepViewModel }, printing] =
      await Promise.all([
        import('../remote/select.ts'),
        import('../../launch/remote/remote-source.ts'),
        import('../print-plots.ts'),
      ]);
    const { connection, run } = await connectToRun(text, options);
    const { client, hintTarget } = connection;
    const source = new RemoteSource(client, { metrics: false, hintTarget });
    const { info } = await source.run(run.id);
    const steps =
      options.step === undefined
        ? undefined
        : (await selectRemoteCalls(client, run.id, options.step)).map(toStepViewModel);
    return await printing.printPlots(source, info.id, steps, options, output);
  },
});
