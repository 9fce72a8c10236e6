/** `headrace pipelines …`, `headrace versions list` and `headrace queues list` */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { JsonOption, TargetOptions } from '../option-types.ts';
import { jsonOption, targetOptions, wholeNumber } from '../options.ts';

type ListOptions = TargetOptions & JsonOption;

const pipelineArgument = (description: string): Argument =>
  new Argument(
    '<pipeline>',
    `project/pipeline, or the pipeline’s name if one project has it${description}`,
  );

const local = async () =>
  await Promise.all([import('../local/catalog.ts'), import('../print-pipelines.ts')]);
const remote = async () =>
  await Promise.all([import('../remote/catalog.ts'), import('../print-pipelines.ts')]);

export const pipelinesList = defineCommand<[options: ListOptions & { readonly project?: string }]>({
  name: 'pipelines list',
  description: 'the pipelines that ran or were registered, with their highest versions',
  options: [
    new Option('--project <project>', 'only of this project and the projects below it'),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: ['headrace pipelines list', 'headrace pipelines list --project team --json'],
  async local(options, output) {
    const [{ withLocalCatalog }, { printPipelines }] = await local();
    return await withLocalCatalog(options, (catalog) =>
      printPipelines(catalog, options.project, options.json, output),
    );
  },
  async remote(options, output) {
    const [{ connectToCatalog }, { printPipelines }] = await remote();
    return await printPipelines(connectToCatalog(options), options.project, options.json, output);
  },
});

export const pipelinesShow = defineCommand<[pipeline: string, options: ListOptions]>({
  name: 'pipelines show',
  description: 'a version of a pipeline: its parameters, code and components',
  arguments: [pipelineArgument('; with @version another than the highest')],
  options: [...targetOptions(), jsonOption()],
  examples: ['headrace pipelines show demo/iris', 'headrace pipelines show iris@1.0.2 --json'],
  async local(pipeline, options, output) {
    const [{ withLocalCatalog }, { printPipeline }] = await local();
    return await withLocalCatalog(options, (catalog) =>
      printPipeline(catalog, pipeline, options.json, output),
    );
  },
  async remote(pipeline, options, output) {
    const [{ connectToCatalog }, { printPipeline }] = await remote();
    return await printPipeline(connectToCatalog(options), pipeline, options.json, output);
  },
});

export const versionsList = defineCommand<
  [pipeline: string, options: ListOptions & { readonly limit: number }]
>({
  name: 'versions list',
  description: 'the versions of a pipeline, highest first',
  arguments: [pipelineArgument('')],
  options: [
    new Option('--limit <number>', 'at most this many').argParser(wholeNumber).default(20),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: ['headrace versions list demo/iris'],
  async local(pipeline, options, output) {
    const [{ withLocalCatalog }, { printVersions }] = await local();
    return await withLocalCatalog(options, (catalog) =>
      printVersions(catalog, pipeline, options, output),
    );
  },
  async remote(pipeline, options, output) {
    const [{ connectToCatalog }, { printVersions }] = await remote();
    return await printVersions(connectToCatalog(options), pipeline, options, output);
  },
});

export const queuesList = defineCommand<[options: ListOptions]>({
  name: 'queues list',
  description:
    'the queues that execute steps; on this machine and behind headrace dev, every other name is a queue, too',
  options: [...targetOptions(), jsonOption()],
  examples: ['headrace queues list --profile team'],
  async local(options, output) {
    const [{ queueDocuments }, { printQueues }] = await Promise.all([
      import('../local-queues.ts'),
      import('../print-pipelines.ts'),
    ]);
    const queues = queueDocuments({}).map((queue) => ({ ...queue, load: null }));
    return await printQueues(queues, options.json, output);
  },
  async remote(options, output) {
    const [{ connect }, { printQueues }] = await Promise.all([
      import('../../launch/remote/connection.ts'),
      import('../print-pipelines.ts'),
    ]);
    const { items } = await connect(options, process.cwd()).client.queues({ include: 'load' });
    return await printQueues(items, options.json, output);
  },
});
