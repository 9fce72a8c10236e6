/** `headrace runs diff` and `headrace graph` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { JsonOption, RunCommandOptions, TargetOptions } from '../option-types.ts';
import {
  argOption,
  jsonOption,
  pipelineOption,
  RUN_DESCRIPTION,
  targetOptions,
} from '../options.ts';
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

interface GraphOptions extends TargetOptions, Pick<RunCommandOptions, 'pipeline' | 'arg'> {
  readonly format: GraphFormat;
}

/** What names a file, not a run: a path or an extension. */
const FILE = /[\\/].*\.|\.[cm]?[jt]sx?$/;

export const graph = defineCommand<[subject: string, options: GraphOptions]>({
  name: 'graph',
  description:
    'the steps of a run with their states, and the steps on which each depends; of a file, the steps that its pipeline calls before it needs a result, without executing any',
  arguments: [new Argument('[run]', `${RUN_DESCRIPTION}; or a file`).default('latest')],
  options: [
    new Option('--format <format>', 'text, or the language of Mermaid or Graphviz')
      .choices(['text', 'mermaid', 'dot'])
      .default('text'),
    pipelineOption(),
    argOption(),
    ...targetOptions(),
  ],
  examples: [
    'headrace graph',
    'headrace graph iris#7 --format mermaid > iris.mmd',
    'headrace graph pipeline.ts --arg url=https://example.org/iris.csv',
  ],
  async local(subject, options, output) {
    if (FILE.test(subject))
      return await (await import('../local/graph.ts')).graphOfFile(subject, options, output);
    const { readLocalRun, printGraph } = await import('../compare-runs.ts');
    return await printGraph(await readLocalRun(subject, options), options.format, output);
  },
  async remote(subject, options, output) {
    if (FILE.test(subject))
      return await (await import('../local/graph.ts')).graphOfFile(subject, options, output);
    const { readRemoteRun, printGraph } = await import('../compare-runs.ts');
    return await printGraph(await readRemoteRun(subject, options), options.format, output);
  },
});
