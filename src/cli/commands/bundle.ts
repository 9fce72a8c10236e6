/** `headrace bundle` */
import { defineCommand } from '../command.ts';
import type { BundleCommandOptions } from '../option-types.ts';
import { fileArgument, jsonOption, pipelineOption } from '../options.ts';

export const bundle = defineCommand<[file: string, options: BundleCommandOptions]>({
  name: 'bundle',
  description:
    'the modules, packages and hash of each component’s code: why was this step not cached?',
  arguments: [fileArgument()],
  options: [pipelineOption(), jsonOption()],
  examples: ['headrace bundle pipeline.ts', 'headrace bundle pipeline.ts --json'],
  local: async (...params) => (await import('../local/bundle.ts')).bundle(...params),
});
