/** `headrace runs attach` */
import { defineCommand } from '../command.ts';
import type { JsonOption, TargetOptions } from '../option-types.ts';
import { jsonOption, runArgument, targetOptions } from '../options.ts';

export const runsAttach = defineCommand<[run: string, options: TargetOptions & JsonOption]>({
  name: 'runs attach',
  description:
    'evaluate the logic of a remote run whose own process exited (pipelineExecutionQueue: null), and watch the run',
  arguments: [runArgument()],
  options: [...targetOptions(), jsonOption()],
  examples: ['headrace runs attach latest --profile team'],
  remote: async (...params) => (await import('../remote/runs.ts')).attach(...params),
});
