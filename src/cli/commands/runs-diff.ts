/** `headrace runs diff` and `headrace graph` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { JsonOption, TargetOptions } from '../option-types.ts';
import { jsonOption, RUN_DESCRIPTION, runOrLatestArgument, targetOptions } from '../options.ts';
import type { GraphFormat } from '../run-graph.ts';

export const runsDiff = defineCommand<[a: string, b: string, options: TargetOptions & JsonOption]>({
  name: 'runs diff',
  description:
    'what differs between two runs: arguments, version, steps, results, last values of metrics',
  arguments: [new Argument('<a>', RUN_DESCRIPTION), new Argument('<b>', 'the other run')],
  options: [...targetOptions(), jsonOption()],
  examples: ['headrace runs diff iris#6 iris#7', 'headrace runs diff iris#6 latest --json'],
  async local(a, b, options, output) {
    const { readLocalRun, printDifferences } = await import('../compare-runs.ts');
    return await printDifferences(
      await readLocalRun(a, options),
      await readLocalRun(b, options),
      options.json,
      output,
    );
  },
  async remote(a, b, options, output) {
    const { readRemoteRun, printDifferences } = await import('../compare-runs.ts');
    return await printDifferences(
      await readRemoteRun(a, options),
      await readRemoteRun(b, options),
      options.json,
      output,
    );
  },
});

export const graph = defineCommand<
  [run: string, options: TargetOptions & { readonly format: GraphFormat }]
>({
  name: 'graph',
  description: 'the steps of a run with their states, and the steps on which each depends',
  arguments: [runOrLatestArgument()],
  options: [
    new Option('--format <format>', 'text, or the language of Mermaid or Graphviz')
      .choices(['text', 'mermaid', 'dot'])
      .default('text'),
    ...targetOptions(),
  ],
  examples: ['headrace graph', 'headrace graph iris#7 --format mermaid > iris.mmd'],
  async local(run, options, output) {
    const { readLocalRun, printGraph } = await import('../compare-runs.ts');
    return await printGraph(await readLocalRun(run, options), options.format, output);
  },
  async remote(run, options, output) {
    const { readRemoteRun, printGraph } = await import('../compare-runs.ts');
    return await printGraph(await readRemoteRun(run, options), options.format, output);
  },
});
