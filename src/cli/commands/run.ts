/** `headrace run` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { RunCommandOptions } from '../option-types.ts';
import {
  argOption,
  containersOption,
  endpointOption,
  fileArgument,
  followOption,
  homeOption,
  jsonOption,
  noCacheOption,
  pipelineOption,
  profileOption,
  queueConcurrencyOption,
  repeatableOption,
  tagOption,
} from '../options.ts';

export const run = defineCommand<[file: string, options: RunCommandOptions]>({
  name: 'run',
  description: 'run the pipeline of a file until it is finished',
  arguments: [fileArgument()],
  options: [
    pipelineOption(),
    argOption(),
    new Option(
      '--mode <mode>',
      'local (the default): the engine, each step in a subprocess; debug: plain calls in this process; remote: all of it behind the API of --endpoint or --profile',
    ).choices(['local', 'debug', 'remote']),
    endpointOption(),
    profileOption(),
    queueConcurrencyOption(),
    containersOption(),
    tagOption(),
    noCacheOption(),
    repeatableOption(
      '--signal <name=json>',
      'with --mode debug: the value of a signal for which the pipeline waits (repeatable)',
    ),
    homeOption(),
    followOption(),
    jsonOption(),
  ],
  examples: [
    'headrace run pipeline.ts --arg url=https://example.org/iris.csv --arg General/testSize=0.3',
    'headrace run pipelines.ts --pipeline train --json > run.json',
    'headrace run pipeline.ts --mode remote --profile team',
    'headrace run pipeline.ts --queue-concurrency cpu=8 --no-cache',
    'headrace run pipeline.ts --containers',
    'headrace run pipeline.ts --mode debug --signal approve=true',
    'headrace run pipeline.ts --help',
    'node --inspect-brk $(which headrace) run pipeline.ts --mode debug',
  ],
  local: async (...params) => (await import('../local/run.ts')).run(...params),
  remote: async (...params) => (await import('../remote/run.ts')).run(...params),
  help: {
    local: async (file, { pipeline }, output) =>
      (await import('../local/describe-file.ts')).describeFile(file, pipeline, output),
  },
});
