/** `headrace runs rerun` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { RerunCommandOptions } from '../option-types.ts';
import {
  containersOption,
  followOption,
  jsonOption,
  noCacheOption,
  queueConcurrencyOption,
  repeatableOption,
  runArgument,
  tagOption,
  targetOptions,
} from '../options.ts';

export const runsRerun = defineCommand<[run: string, options: RerunCommandOptions]>({
  name: 'runs rerun',
  description:
    'a new run like an earlier one; with --from it takes over the calls that finished before that step',
  arguments: [runArgument()],
  options: [
    new Option(
      '--from <step>',
      'take over what finished before this step, and run it and the rest again; without, all of it',
    ),
    new Option(
      '--file <file>',
      'with the source as it is now; without, with the code of the earlier run',
    ),
    repeatableOption(
      '--arg <name=value>',
      'another value of this argument, as in `headrace run` (repeatable)',
    ),
    tagOption(),
    noCacheOption(),
    queueConcurrencyOption(),
    containersOption(),
    followOption(),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace runs rerun latest --from train',
    'headrace runs rerun iris#7 --from train --file pipeline.ts',
    'headrace runs rerun latest --arg depth=6 --no-cache --tag deep',
  ],
  local: async (...params) => (await import('../local/resume.ts')).rerun(...params),
  remote: async (...params) => (await import('../remote/runs.ts')).rerun(...params),
});
