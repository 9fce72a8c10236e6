/**
 * Prints pipelines, their versions, and queues, as tables or as JSON.
 *
 * @module
 */
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { isWithinProject } from '../model/ids.ts';
import type { PipelineSummary } from '../ports/registry.ts';
import { type Column, formatSize, formatTable, formatTime } from '../view/format.ts';
import type { Output } from '../view/output.ts';
import type { QueueDocument } from '../wire/service.ts';
import { parameterLines } from './parameter-lines.ts';
import {
  findPipeline,
  findRunnableVersion,
  type PipelineCatalog,
  type VersionEntry,
} from './pipeline-catalog.ts';

const HASH_CHARACTERS = 12;

/** @param project only pipelines of it and of the projects below it */
export async function printPipelines(
  catalog: PipelineCatalog,
  project: string | undefined,
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  const pipelines = (await catalog.pipelines()).filter(
    (pipeline) => project === undefined || isWithinProject(pipeline.project, project),
  );
  const columns: Column<PipelineSummary>[] = [
    { title: 'project', value: (pipeline) => pipeline.project },
    { title: 'pipeline', value: ({ name }) => name },
    { title: 'latest', value: ({ latest }) => latest },
  ];
  return await print(pipelines, columns, 'no pipelines', json, output);
}

/** The parameters and components of a version. */
export async function printPipeline(
  catalog: PipelineCatalog,
  text: string,
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  const version = await findRunnableVersion(catalog, text);
  if (json === true) {
    await output.write(`${JSON.stringify(version)}\n`);
    return EXIT.completed;
  }
  const { project, pipeline, codeHash, createdAt, signature, declaration, components } = version;
  const lines = [
    `${project}/${pipeline}, version ${version.version}, registered ${createdAt === null ? '' : formatTime(Date.parse(createdAt))}`,
    `code ${codeHash.slice(0, HASH_CHARACTERS)}`,
    ...(declaration.tags.length === 0 ? [] : [`tags ${declaration.tags.join(', ')}`]),
    '',
    'Parameters:',
    ...parameterLines(signature, declaration.argsMap, output),
    '',
    ...(components.length === 0
      ? ['no components']
      : formatTable(
          components,
          [
            { title: 'component', value: ({ name }) => name },
            { title: 'code', value: (each) => each.codeHash.slice(0, HASH_CHARACTERS) },
            { title: 'size', value: ({ size }) => formatSize(size) },
            {
              title: 'packages',
              value: ({ packages }) =>
                packages.map((each) => `${each.name}@${each.version}`).join(', '),
            },
          ],
          output.colors.dim,
        )),
  ];
  await output.write(`${lines.join('\n')}\n`);
  return EXIT.completed;
}

export async function printVersions(
  catalog: PipelineCatalog,
  text: string,
  { limit, json }: { readonly limit: number; readonly json?: boolean },
  output: Output,
): Promise<ExitCode> {
  const versions = await catalog.versions(await findPipeline(catalog, text), limit);
  const columns: Column<VersionEntry>[] = [
    { title: 'version', value: ({ version }) => version },
    { title: 'code', value: ({ codeHash }) => codeHash.slice(0, HASH_CHARACTERS) },
    {
      title: 'registered',
      value: ({ createdAt }) => (createdAt === null ? '' : formatTime(Date.parse(createdAt))),
    },
  ];
  return await print(versions, columns, 'no versions', json, output);
}

/** The load has columns if that of at least one queue is known. */
export async function printQueues(
  queues: readonly QueueDocument[],
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  const hasLoad = queues.some(({ load }) => load !== null);
  const columns: Column<QueueDocument>[] = [
    { title: 'queue', value: ({ name }) => name },
    { title: 'platform', value: ({ platform }) => platform },
    ...(hasLoad ? LOAD_COLUMNS : []),
    { title: 'steps at once', value: ({ concurrency }) => String(concurrency ?? 'by resources') },
    { title: 'spot', value: ({ spot }) => (spot ? 'yes' : 'no') },
    { title: 'gpu', value: ({ gpu }) => (gpu ? 'yes' : 'no') },
  ];
  return await print(queues, columns, 'no queues', json, output);
}

const LOAD_COLUMNS: readonly Column<QueueDocument>[] = [
  { title: 'running', value: ({ load }) => countText(load, load?.running) },
  { title: 'starting', value: ({ load }) => countText(load, load?.starting) },
  { title: 'waiting', value: ({ load }) => countText(load, load?.waiting) },
  {
    title: 'waiting since',
    value: ({ load }) =>
      load?.waitingSince == null ? '–' : formatTime(Date.parse(load.waitingSince)),
  },
];

/** `500+`: more steps than were counted. */
const countText = (load: QueueDocument['load'], count: number | undefined): string =>
  load === null ? '–' : `${count}${load.partial ? '+' : ''}`;

async function print<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  none: string,
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  const text =
    json === true
      ? JSON.stringify(rows)
      : rows.length === 0
        ? none
        : formatTable(rows, columns, output.colors.dim).join('\n');
  await output.write(`${text}\n`);
  return EXIT.completed;
}
