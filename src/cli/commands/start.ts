/** `headrace start` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { StartCommandOptions } from '../option-types.ts';
import {
  argOption,
  containersOption,
  followOption,
  jsonOption,
  noCacheOption,
  queueConcurrencyOption,
  tagOption,
  targetOptions,
} from '../options.ts';

export const start = defineCommand<[pipeline: string, options: StartCommandOptions]>({
  name: 'start',
  description:
    'start a run of a pipeline that ran or was registered before, without its source, and watch it',
  arguments: [
    new Argument(
      '<pipeline>',
      'project/pipeline, or the pipeline’s name if one project has it; with @version another than the highest',
    ),
  ],
  options: [
    argOption(),
    new Option('--from-run <run>', 'with the arguments of this run; --arg replaces single ones'),
    new Option('--interactive', 'prompt for each parameter that no --arg names'),
    tagOption(),
    noCacheOption(),
    queueConcurrencyOption(),
    containersOption(),
    ...targetOptions(),
    followOption(),
    jsonOption(),
  ],
  examples: [
    'headrace start demo/iris --help',
    'headrace start demo/iris --arg testSize=0.3 --tag nightly',
    'headrace start demo/iris@1.0.2 --from-run latest --arg seed=7',
    'headrace start demo/iris --interactive --profile team',
  ],
  local: async (...params) => (await import('../local/start.ts')).start(...params),
  remote: async (...params) => (await import('../remote/start.ts')).start(...params),
  help: {
    local: async (...params) => (await import('../local/start.ts')).describe(...params),
    remote: async (...params) => (await import('../remote/start.ts')).describe(...params),
  },
});
