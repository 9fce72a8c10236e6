/** `headrace start` on this machine. */

import { NotFoundError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { findHome } from '../../launch/home.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import type { PipelineCode } from '../../model/code.ts';
import type { JsonObject } from '../../model/json.ts';
import type { RunInfo } from '../../model/run.ts';
import { encodedNames, jsonArguments } from '../../submit/child-arguments.ts';
import { containerNote, newRunOf, type StoredVersion } from '../../submit/prepare.ts';
import type { Output } from '../../view/output.ts';
import { viewOptions } from '../command-view.ts';
import { containersOf, imageOf } from '../containers.ts';
import type { StartCommandOptions } from '../option-types.ts';
import { findRunnableVersion, type RunnableVersionDocument } from '../pipeline-catalog.ts';
import { printPipelineHelp } from '../pipeline-help.ts';
import { openRecords } from '../records.ts';
import { runToCompletion } from '../run-to-completion.ts';
import { selectRun } from '../select.ts';
import { startArguments } from '../start-request.ts';
import { LocalCatalog } from './catalog.ts';

/** @param base arguments of parameters that the options do not name */
export async function start(
  text: string,
  options: StartCommandOptions,
  output: Output,
  base: JsonObject = {},
): Promise<ExitCode> {
  const home = findHome(options.home, process.cwd());
  const { version, args } = await readRequest(text, options, home, base);
  if (args === undefined) return EXIT.interrupted;
  const note = containerNote({ declaration: version.content.declaration, components: [] });
  if (note !== undefined && options.containers !== true) output.note(note);
  const images = imageOf(version.content.declaration);
  const containers = await containersOf(options, home, output, undefined, images);
  return await runToCompletion(
    async (engine) =>
      await engine.start(
        newRunOf(version, { args, tags: options.tag, noCache: !options.cache }),
        new Map(),
      ),
    {
      home,
      queueConcurrency: options.queueConcurrency,
      containers,
      ...viewOptions(options),
    },
    output,
  );
}

/** The parameters of the version, for `--help`. */
export async function describe(
  text: string,
  options: Pick<StartCommandOptions, 'home'>,
  output: Output,
): Promise<void> {
  const records = await openRecords(findHome(options.home, process.cwd()));
  try {
    const document = await findRunnableVersion(new LocalCatalog(records.registry), text);
    await printPipelineHelp(document, output);
  } finally {
    await records.close();
  }
}

async function readRequest(
  text: string,
  options: StartCommandOptions,
  home: string,
  given: JsonObject,
) {
  const records = await openRecords(home);
  try {
    const document = await findRunnableVersion(new LocalCatalog(records.registry), text);
    const version = await requireStoredCode(records, document);
    const base =
      options.fromRun === undefined
        ? given
        : argumentsWithJson((await selectRun(records, options.fromRun)).info);
    return { version, args: await startArguments(document, options, base) };
  } finally {
    await records.close();
  }
}

/** @throws NotFoundError if a bundle is missing: `headrace gc` removes code of old versions */
async function requireStoredCode(
  { registry, objects }: HomeRecords,
  { project, pipeline, version }: RunnableVersionDocument,
): Promise<StoredVersion> {
  const content = (await registry.version({ project, name: pipeline }, version))?.content;
  const keys = content == null ? [] : bundleKeys(content.code);
  const sizes = await Promise.all(keys.map((key) => objects.size(key)));
  if (content == null || sizes.includes(undefined))
    throw new NotFoundError(
      `the code of version ${version} of pipeline ${project}/${pipeline} is no longer stored: run it from its source`,
    );
  return { version, content };
}

const bundleKeys = ({ logic, components, serializers }: PipelineCode): readonly string[] =>
  [
    logic,
    ...components.map(({ bundle }) => bundle),
    ...(serializers === null ? [] : [serializers]),
  ].map(({ key }) => key);

const argumentsWithJson = (info: RunInfo): JsonObject =>
  jsonArguments(info.args, encodedNames(info));
