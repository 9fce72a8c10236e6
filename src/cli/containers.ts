/**
 * The option `--containers`: steps of runs on this machine run in containers.
 *
 * @module
 */
import { CommandLineError } from '../launch/errors.ts';
import type { EngineOptions, HomeRecords } from '../launch/load-engine.ts';
import type { Run } from '../model/run.ts';
import { isSuccess } from '../model/step.ts';
import type { CompiledPipeline } from '../submit/compile.ts';
import { requireUsableRepositories } from '../submit/repositories.ts';
import type { Output } from '../view/output.ts';
import { stepPages } from '../view/run-report.ts';
import { withUsageErrors } from './errors.ts';
import type { ContainersOption } from './option-types.ts';

/**
 * Prepares this machine for steps in containers. Undefined without the option.
 *
 * @param compiled if it is known: its images are downloaded, and its checkouts are checked
 * @param images further images that are downloaded
 */
export async function containersOf(
  { containers }: ContainersOption,
  home: string,
  output: Output,
  compiled?: CompiledPipeline,
  images: readonly string[] = [],
): Promise<EngineOptions['containers']> {
  if (containers !== true) return undefined;
  const pipelines = compiled === undefined ? [] : withChildren(compiled);
  for (const { repositories } of pipelines) requireUsableRepositories(repositories);
  const { prepareContainerHost, pullImages } = await import(
    '../local/containers/container-host.ts'
  );
  return await withUsageErrors(
    (async () => {
      const host = await prepareContainerHost(home, output.note);
      const compiledImages = pipelines.flatMap(({ components }) =>
        components.flatMap(({ docker = [] }) => docker),
      );
      await pullImages([...images, ...compiledImages], output.note);
      return host;
    })(),
  );
}

/**
 * The images of the calls that a run has. Those of later calls are known when the logic makes them.
 *
 * @param again which calls are to run: all, or those without a result
 */
export async function imagesOfRun(
  { queries }: Pick<HomeRecords, 'queries'>,
  { info }: Run,
  again: 'all' | 'unfinished',
): Promise<readonly string[]> {
  const images = new Set<string>(imageOf(info.declaration));
  for await (const steps of stepPages(queries, info.id))
    for (const { status, options } of steps)
      if ((again === 'all' || !isSuccess(status)) && typeof options?.docker === 'string')
        images.add(options.docker);
  return [...images];
}

/** The image of the components that name none, if the pipeline has one. */
export const imageOf = ({ docker }: { readonly docker?: string | undefined }): readonly string[] =>
  docker === undefined ? [] : [docker];

/** The pipeline and all pipelines that it calls. */
const withChildren = (compiled: CompiledPipeline): readonly CompiledPipeline[] => [
  compiled,
  ...compiled.children.flatMap((child) => withChildren(child.compiled)),
];

/** @throws CommandLineError */
export function requireNoContainers(
  { containers }: ContainersOption,
  mode: 'debug' | 'remote',
): void {
  if (containers !== true) return;
  throw new CommandLineError(
    mode === 'debug'
      ? '--containers needs the engine of local mode: in debug mode, steps are plain calls in this process'
      : '--containers is for runs on this machine: behind an API, the deployment decides where steps run',
  );
}
