/** `headrace runs watch` */
import { defineCommand } from '../command.ts';
import type { WatchCommandOptions } from '../option-types.ts';
import { followOption, jsonOption, runOrLatestArgument, targetOptions } from '../options.ts';

export const runsWatch = defineCommand<[run: string, options: WatchCommandOptions]>({
  name: 'runs watch',
  description: 'watch a run that another process executes until it is finished',
  arguments: [runOrLatestArgument()],
  options: [followOption(), ...targetOptions(), jsonOption()],
  examples: [
    'headrace runs watch',
    'headrace runs watch iris#7 --follow',
    'headrace runs watch latest --profile team',
  ],
  local: async (...params) => (await import('../local/watch.ts')).watch(...params),
  remote: async (...params) => (await import('../remote/runs.ts')).watch(...params),
});
