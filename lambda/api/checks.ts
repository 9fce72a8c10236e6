/**
 * What is wrong with a version that only AWS Batch minds: found when it is registered, not when a step fails.
 *
 * @module
 */
import type { Settings } from '../../src/aws/settings.ts';
import { DockerArgsError, parseDockerArgs } from '../../src/model/docker-args.ts';
import type { Register } from '../../src/wire/pipelines.ts';
import type { FieldProblem } from '../../src/wire/service.ts';

export function batchProblems({ declaration, components = [], defaultQueue }: Register, { queues }: Pick<Settings, 'queues'>): FieldProblem[] {
  const fallback = declaration.defaultQueue ?? defaultQueue ?? 'default';
  return components.flatMap(({ dockerArgs, executionQueue }, index) => {
    if (dockerArgs === undefined) return [];
    try {
      parseDockerArgs(dockerArgs, queues[executionQueue ?? fallback]);
      return [];
    } catch (error) {
      if (!(error instanceof DockerArgsError)) throw error;
      return [{ in: 'body' as const, field: `components[${index}].dockerArgs`, detail: error.message }];
    }
  });
}
