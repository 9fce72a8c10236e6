/** `headrace runs resume` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { ResumeCommandOptions } from '../option-types.ts';
import {
  containersOption,
  followOption,
  jsonOption,
  queueConcurrencyOption,
  runArgument,
  targetOptions,
} from '../options.ts';

export const runsResume = defineCommand<[run: string, options: ResumeCommandOptions]>({
  name: 'runs resume',
  description: 'continue a failed, aborted or interrupted run; completed steps are reused',
  arguments: [runArgument()],
  options: [
    new Option(
      '--file <file>',
      'with the source as it is now, as a new run: it adopts the completed steps, and runs the others with the mended code',
    ),
    queueConcurrencyOption(),
    containersOption(),
    followOption(),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace runs resume latest',
    'headrace runs resume latest --file pipeline.ts',
    'headrace runs resume iris#7 --json',
  ],
  local: async (...params) => (await import('../local/resume.ts')).resume(...params),
  remote: async (...params) => (await import('../remote/runs.ts')).resume(...params),
});
