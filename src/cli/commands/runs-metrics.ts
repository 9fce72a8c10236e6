/** `headrace runs metrics` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { MetricsCommandOptions } from '../option-types.ts';
import { jsonOption, runOrLatestArgument, targetOptions } from '../options.ts';
import { selectCalls, withSelectedRun } from '../select.ts';

export const runsMetrics = defineCommand<[run: string, options: MetricsCommandOptions]>({
  name: 'runs metrics',
  description: 'the metrics of a run by step: last and best values, curves, plots',
  arguments: [runOrLatestArgument()],
  options: [
    new Option('--step <step>', 'only this step and all calls of this component'),
    new Option(
      '--metric <metric>',
      'only this metric, `title/series`, or all series of this title',
    ),
    new Option('--sort <metric>', 'only this metric, the step with the best value first'),
    new Option('--by <value>', 'what is best: the lowest, the highest, or the lowest last value')
      .choices(['min', 'max', 'last'])
      .default('min'),
    new Option('--plot', 'plot each metric (default: if there is only one)'),
    new Option('--csv', 'print all points as comma-separated values').conflicts(['json', 'plot']),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace runs metrics',
    'headrace runs metrics latest --sort loss/validation',
    'headrace runs metrics iris#7 --sort accuracy/test --by max',
    'headrace runs metrics latest --step train --plot',
    'headrace runs metrics latest --csv > metrics.csv',
  ],
  async local(text, options, output) {
    const { printMetrics } = await import('../print-metrics.ts');
    return await withSelectedRun(text, options, async ({ records, run }) =>
      printMetrics(
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
        import('../print-metrics.ts'),
      ]);
    const { connection, run } = await connectToRun(text, options);
    const { client, hintTarget } = connection;
    const source = new RemoteSource(client, { metrics: options.step === undefined, hintTarget });
    const { info } = await source.run(run.id);
    const steps =
      options.step === undefined
        ? undefined
        : (await selectRemoteCalls(client, run.id, options.step)).map(toStepViewModel);
    return await printing.printMetrics(source, info.id, steps, options, output);
  },
});
