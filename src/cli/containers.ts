/**
 * The option `--containers`: steps of runs on this machine run in containers.
 *
 * @module
 */
import { CommandLineError } from '../launch/errors.ts';
import type { EngineOptions } from '../launch/load-engine.ts';
import type { CompiledPipeline } from '../submit/compile.ts';
import { requireUsableRepositories } from '../submit/repositories.ts';
import type { Output } from '../view/output.ts';
import { withUsageErrors } from './errors.ts';
import type { ContainersOption } from './option-types.ts';

/**
 * Prepares this machine for steps in containers. Undefined without the option.
 *
 * @param compiled if it is known: its images are downloaded, and its checkouts are checked
 */
export async function containersOf(
  { containers }: ContainersOption,
  home: string,
  output: Output,
  compiled?: CompiledPipeline,
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
      const images = pipelines.flatMap(({ components }) =>
        components.flatMap(({ docker = [] }) => docker),
      );
      await pullImages(images, output.note);
      return host;
    })(),
  );
}

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
