/** `headrace runs plots` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { PlotsCommandOptions } from '../option-types.ts';
import { jsonOption, runOrLatestArgument, targetOptions, wholeNumber } from '../options.ts';
import { printLocal, printRemote } from '../reported-steps.ts';

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
    return await printLocal(text, options, (...reported) =>
      printPlots(...reported, options, output),
    );
  },
  async remote(text, options, output) {
    const { printPlots } = await import('../print-plots.ts');
    return await printRemote(text, options, false, (...reported) =>
      printPlots(...reported, options, output),
    );
  },
});
