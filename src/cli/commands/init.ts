/** `headrace init` */
import { Argument } from 'commander';
import { defineCommand } from '../command.ts';
import type { InitCommandOptions } from '../option-types.ts';
import { jsonOption, repeatableOption } from '../options.ts';

export const init = defineCommand<[folder: string, options: InitCommandOptions]>({
  name: 'init',
  description: 'make a project with an example pipeline, its data and a test',
  arguments: [
    new Argument('[folder]', 'the folder of the project, which may have files').default('.'),
  ],
  options: [
    repeatableOption(
      '--overwrite <file>',
      'replace this file if it exists; all other files are kept (repeatable)',
    ),
    jsonOption(),
  ],
  examples: [
    'headrace init forecasts',
    'headrace init',
    'headrace init --overwrite tsconfig.json',
    'npm create headrace forecasts',
  ],
  local: async (...params) => (await import('../local/init.ts')).init(...params),
});
