/** `headrace runs abort` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { AbortCommandOptions } from '../option-types.ts';
import { runArgument, targetOptions } from '../options.ts';

export const runsAbort = defineCommand<[run: string, options: AbortCommandOptions]>({
  name: 'runs abort',
  description: 'stop a run and its running steps',
  arguments: [runArgument()],
  options: [
    new Option('--reason <text>', 'stored with the run').default('aborted on request'),
    ...targetOptions(),
  ],
  examples: ['headrace runs abort latest', 'headrace runs abort iris#7 --reason "wrong data"'],
  local: async (...params) => (await import('../local/abort.ts')).abort(...params),
  remote: async (...params) => (await import('../remote/runs.ts')).abort(...params),
});
