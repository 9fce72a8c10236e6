/**
 * Problems of a version that only AWS Batch rejects, found when the version is registered instead
 * of when a step fails.
 *
 * @module
 */
import { dockerPlatformOf, queueNamed, type Settings } from '../../src/aws/deployment/settings.ts';
import { type DockerPlatform, parseDockerArgs } from '../../src/model/docker-args.ts';
import { DockerArgsError } from '../../src/model/docker-settings.ts';
import type { RegisterVersion } from '../../src/wire/pipelines.ts';
import type { FieldProblem } from '../../src/wire/service.ts';

export function batchProblems(
  {
    declaration,
    components = [],
    defaultQueue,
  }: Pick<RegisterVersion, 'declaration' | 'components' | 'defaultQueue'>,
  settings: Pick<Settings, 'queues' | 'imageArchitecture' | 'allowHostAccess'>,
): FieldProblem[] {
  const platformOf = (name: string) => {
    const queue = queueNamed(settings, name);
    return queue === undefined ? undefined : dockerPlatformOf(queue, settings);
  };
  const defaultQueueName = declaration.defaultQueue ?? defaultQueue ?? 'default';
  const logicQueue = declaration.pipelineExecutionQueue ?? 'services';
  return [
    ...problemOf('declaration.dockerArgs', declaration.dockerArgs, platformOf(logicQueue)),
    ...components.flatMap(({ dockerArgs, executionQueue }, index) =>
      problemOf(
        `components[${index}].dockerArgs`,
        dockerArgs,
        platformOf(executionQueue ?? defaultQueueName),
      ),
    ),
  ];
}

function problemOf(
  field: string,
  dockerArgs: string | undefined,
  queue: DockerPlatform | undefined,
): FieldProblem[] {
  if (dockerArgs === undefined) return [];
  try {
    parseDockerArgs(dockerArgs, queue);
    return [];
  } catch (error) {
    if (!(error instanceof DockerArgsError)) throw error;
    return [{ in: 'body', field, detail: error.message }];
  }
}
