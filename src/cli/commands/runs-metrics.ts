/** `headrace runs metrics` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { MetricsCommandOptions } from '../option-types.ts';
import { jsonOption, runOrLatestArgument, targetOptions } from '../options.ts';
import { printLocal, printRemote } from '../reported-steps.ts';

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
    return await printLocal(text, options, (...reported) =>
      printMetrics(...reported, options, output),
    );
  },
  async remote(text, options, output) {
    const { printMetrics } = await import('../print-metrics.ts');
    return await printRemote(text, options, options.step === undefined, (...reported) =>
      printMetrics(...reported, options, output),
    );
  },
});
