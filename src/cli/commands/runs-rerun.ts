/** `headrace runs rerun` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { RerunCommandOptions } from '../option-types.ts';
import { jsonOption, queueConcurrencyOption, runArgument, targetOptions } from '../options.ts';

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
    queueConcurrencyOption(),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace runs rerun latest --from train',
    'headrace runs rerun 01k9 --from train --file pipeline.ts',
  ],
  local: async (...params) => (await import('../local/resume.ts')).rerun(...params),
  remote: async (...params) => (await import('../remote/runs.ts')).rerun(...params),
});
