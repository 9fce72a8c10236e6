/** `headrace runs watch` */
import { defineCommand } from '../command.ts';
import type { JsonOption, TargetOptions } from '../option-types.ts';
import { jsonOption, runOrLatestArgument, targetOptions } from '../options.ts';

export const runsWatch = defineCommand<[run: string, options: TargetOptions & JsonOption]>({
  name: 'runs watch',
  description: 'watch a remote run until it is finished',
  arguments: [runOrLatestArgument()],
  options: [...targetOptions(), jsonOption()],
  examples: ['headrace runs watch latest --profile team'],
  remote: async (...params) => (await import('../remote/runs.ts')).watch(...params),
});
