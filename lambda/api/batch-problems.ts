/**
 * Problems of a version that only AWS Batch rejects, or that a queue on Lambda cannot do, found when
 * the version is registered instead of when a step fails.
 *
 * @module
 */
import {
  batchQueueNamed,
  dockerPlatformOf,
  queueNamed,
  type Settings,
} from '../../src/aws/deployment/settings.ts';
import { lambdaProblems } from '../../src/aws/jobs/lambda-limits.ts';
import { jobSettingsOf } from '../../src/model/container-settings.ts';
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
    const queue = batchQueueNamed(settings, name);
    return queue === undefined ? undefined : dockerPlatformOf(queue, settings);
  };
  const defaultQueueName = declaration.defaultQueue ?? defaultQueue ?? 'default';
  const logicQueue = declaration.pipelineExecutionQueue ?? 'services';
  return [
    ...problemOf(
      'declaration.dockerArgs',
      jobSettingsOf(declaration).dockerArgs,
      platformOf(logicQueue),
    ),
    ...logicQueueProblems(logicQueue, settings),
    ...components.flatMap((component, index) => {
      const name = component.executionQueue ?? defaultQueueName;
      const queue = queueNamed(settings, name);
      if (queue?.platform !== 'lambda')
        return problemOf(
          `components[${index}].dockerArgs`,
          jobSettingsOf(component).dockerArgs,
          platformOf(name),
        );
      return lambdaProblems(component, component.timeoutSeconds, { ...queue, name }).map(
        ({ setting, detail }) => ({
          in: 'body' as const,
          field: `components[${index}].${setting}`,
          detail,
        }),
      );
    }),
  ];
}

/** Logic is evaluated by the built-in evaluator, or by a job in a container. */
function logicQueueProblems(name: string, settings: Pick<Settings, 'queues'>): FieldProblem[] {
  return queueNamed(settings, name)?.platform === 'lambda'
    ? [
        {
          in: 'body',
          field: 'declaration.pipelineExecutionQueue',
          detail: `the queue ${name} runs steps in Lambda functions, which do not evaluate logic: leave the option out, or name a queue on Fargate or EC2`,
        },
      ]
    : [];
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
