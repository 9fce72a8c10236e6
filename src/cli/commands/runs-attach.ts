/** `headrace runs attach` */
import { defineCommand } from '../command.ts';
import type { WatchCommandOptions } from '../option-types.ts';
import { followOption, jsonOption, runArgument, targetOptions } from '../options.ts';

export const runsAttach = defineCommand<[run: string, options: WatchCommandOptions]>({
  name: 'runs attach',
  description:
    'evaluate the logic of a remote run whose own process exited (pipelineExecutionQueue: null), and watch the run',
  arguments: [runArgument()],
  options: [followOption(), ...targetOptions(), jsonOption()],
  examples: ['headrace runs attach latest --profile team'],
  remote: async (...params) => (await import('../remote/runs.ts')).attach(...params),
});
