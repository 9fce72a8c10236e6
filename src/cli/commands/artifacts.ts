/** `headrace artifacts list` and `headrace artifacts get` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { GetArtifactOptions, JsonOption, TargetOptions } from '../option-types.ts';
import { jsonOption, runArgument, runOrLatestArgument, targetOptions } from '../options.ts';

export const artifactsList = defineCommand<
  [run: string, step: string | undefined, options: TargetOptions & JsonOption]
>({
  name: 'artifacts list',
  description: 'the artifacts and models of a run',
  arguments: [runOrLatestArgument(), new Argument('[step]', 'only of this step')],
  options: [...targetOptions(), jsonOption()],
  examples: ['headrace artifacts list', 'headrace artifacts list iris#7 train --json'],
  local: async (...params) => (await import('../local/artifacts.ts')).list(...params),
  remote: async (...params) => (await import('../remote/artifacts.ts')).list(...params),
});

export const artifactsGet = defineCommand<
  [run: string, stepOrName: string, name: string | undefined, options: GetArtifactOptions]
>({
  name: 'artifacts get',
  description: 'the content of an artifact or model',
  arguments: [
    runArgument(),
    new Argument('<step>', 'the step; leave it out for an artifact of the run itself'),
    new Argument('[name]', 'the artifact’s or model’s name'),
  ],
  options: [
    new Option(
      '-o, --output <path>',
      'write it to this path, as it is stored; a folder is unpacked into this new or empty folder',
    ),
    ...targetOptions(),
  ],
  examples: [
    'headrace artifacts get latest train model -o model.json',
    'headrace artifacts get latest accuracy',
  ],
  local: async (run, stepOrName, name, ...rest) =>
    (await import('../local/artifacts.ts')).get(run, ownerAndName(stepOrName, name), ...rest),
  remote: async (run, stepOrName, name, ...rest) =>
    (await import('../remote/artifacts.ts')).get(run, ownerAndName(stepOrName, name), ...rest),
});

/** Without a step, the only argument is the name of an artifact of the run itself. */
const ownerAndName = (stepOrName: string, name: string | undefined) =>
  name === undefined ? { step: undefined, name: stepOrName } : { step: stepOrName, name };
