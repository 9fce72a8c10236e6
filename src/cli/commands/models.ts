/** `headrace models …`: registered models, which outlive their runs. */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type {
  GetModelOptions,
  JsonOption,
  ListModelsOptions,
  ModelOptions,
  PublishOptions,
  TagModelOptions,
} from '../option-types.ts';
import { jsonOption, repeatableOption, targetOptions } from '../options.ts';

const modelArgument = (): Argument =>
  new Argument(
    '<model>',
    'a registered model: iris or iris@published (the highest published version), iris@3, iris@latest',
  );
const projectOption = (): Option =>
  new Option('--project <project>', 'the project of the model (default: the one that has it)');

export const modelsList = defineCommand<[name: string | undefined, options: ListModelsOptions]>({
  name: 'models list',
  description: 'registered models, or the versions of one',
  arguments: [new Argument('[name]', 'list the versions of this model')],
  options: [
    new Option('--project <project>', 'only of this project'),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: ['headrace models list', 'headrace models list iris --json'],
  async local(name, options, output) {
    const [{ withModels }, { listModels }] = await localModules();
    return await withModels(options, (records) => listModels(records, name, options, output));
  },
  async remote(name, options, output) {
    const [{ withModels }, { listModels }] = await remoteModules();
    return await withModels(options, (records) => listModels(records, name, options, output));
  },
});

export const modelsShow = defineCommand<[model: string, options: ModelOptions & JsonOption]>({
  name: 'models show',
  description:
    'a version with its origin (run, step, arguments, code, metrics) and the runs that use it',
  arguments: [modelArgument()],
  options: [projectOption(), ...targetOptions(), jsonOption()],
  examples: ['headrace models show iris', 'headrace models show iris@3 --json'],
  async local(model, options, output) {
    const [{ withModels }, { showModel }] = await localModules();
    return await withModels(options, (records) => showModel(records, model, options, output));
  },
  async remote(model, options, output) {
    const [{ withModels }, { showModel }] = await remoteModules();
    return await withModels(options, (records) => showModel(records, model, options, output));
  },
});

export const modelsGet = defineCommand<[model: string, options: GetModelOptions]>({
  name: 'models get',
  description: 'the file or folder of a version',
  arguments: [modelArgument()],
  options: [
    new Option(
      '-o, --output <path>',
      'write it to this path; a folder is unpacked into this new or empty folder',
    ),
    projectOption(),
    ...targetOptions(),
  ],
  examples: ['headrace models get iris -o model.onnx', 'headrace models get iris@3 -o model.onnx'],
  async local(model, options, output) {
    const [{ withModels }, { getModel }] = await localModules();
    return await withModels(options, (records) => getModel(records, model, options, output));
  },
  async remote(model, options, output) {
    const [{ withModels }, { getModel }] = await remoteModules();
    return await withModels(options, (records) => getModel(records, model, options, output));
  },
});

export const modelsTag = defineCommand<[model: string, options: TagModelOptions]>({
  name: 'models tag',
  description: 'add and remove tags of a version',
  arguments: [modelArgument()],
  options: [
    repeatableOption('--add <tag>', 'add this tag (repeatable)'),
    repeatableOption('--remove <tag>', 'remove this tag (repeatable)'),
    projectOption(),
    ...targetOptions(),
  ],
  examples: ['headrace models tag iris@3 --add champion --remove candidate'],
  async local(model, options, output) {
    const [{ withModels }, { tagModel }] = await localModules();
    return await withModels(options, (records) => tagModel(records, model, options, output));
  },
  async remote(model, options, output) {
    const [{ withModels }, { tagModel }] = await remoteModules();
    return await withModels(options, (records) => tagModel(records, model, options, output));
  },
});

export const modelsPublish = defineCommand<
  [runOrModel: string, model: string | undefined, options: PublishOptions]
>({
  name: 'models publish',
  description: 'register a model of a run as the next version, and keep it; or publish one again',
  arguments: [
    new Argument('<run>', 'the id of a run, its start, or `latest`; or a version, as in iris@3'),
    new Argument('[model]', 'the name of the model in the run'),
  ],
  options: [
    new Option('--name <name>', 'the name of the registered model (default: that in the run)'),
    new Option('--step <step>', 'the step that has the model'),
    repeatableOption('--tag <tag>', 'add this tag to the version (repeatable)'),
    projectOption(),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace models publish latest model --name iris',
    'headrace models publish iris#7 model --step train_3 --name iris --tag champion',
    'headrace models publish iris@3',
  ],
  async local(run, model, options, output) {
    const [{ withModels }, { publish }] = await localModules();
    return await withModels(options, (records) => publish(records, run, model, options, output));
  },
  async remote(run, model, options, output) {
    const [{ withModels }, { publish }] = await remoteModules();
    return await withModels(options, (records) => publish(records, run, model, options, output));
  },
});

export const modelsUnpublish = defineCommand<[model: string, options: ModelOptions]>({
  name: 'models unpublish',
  description: 'keep the file of a version only as long as its run',
  arguments: [modelArgument()],
  options: [projectOption(), ...targetOptions()],
  examples: ['headrace models unpublish iris@3'],
  async local(model, options, output) {
    const [{ withModels }, { unpublish }] = await localModules();
    return await withModels(options, (records) => unpublish(records, model, options, output));
  },
  async remote(model, options, output) {
    const [{ withModels }, { unpublish }] = await remoteModules();
    return await withModels(options, (records) => unpublish(records, model, options, output));
  },
});

const localModules = () => Promise.all([import('../local/models.ts'), import('../models.ts')]);
const remoteModules = () => Promise.all([import('../remote/models.ts'), import('../models.ts')]);
