/**
 * What a queue on Lambda cannot do: found when a version is registered, and again when a group is
 * launched, because the queues of a deployment may have changed since.
 *
 * @module
 */
import type { JobSettings } from '../../model/container-settings.ts';

/** The settings of a step that need a container of their own. */
const CONTAINER_SETTINGS = [
  'docker',
  // Before `dockerArgs`, which have the same fields when a group is launched.
  'resources',
  'dockerArgs',
  'dockerBashSetupScript',
  'repo',
] as const satisfies readonly (keyof JobSettings)[];

export interface LambdaProblem {
  readonly setting: (typeof CONTAINER_SETTINGS)[number] | 'timeoutSeconds';
  readonly detail: string;
}

/** What a step needs and its queue on Lambda does not have. */
export function lambdaProblems(
  settings: JobSettings,
  timeoutSeconds: number | null | undefined,
  queue: { readonly name: string; readonly timeoutSeconds: number },
): readonly LambdaProblem[] {
  const problems: LambdaProblem[] = CONTAINER_SETTINGS.filter(
    (setting) => settings[setting] !== undefined,
  ).map((setting) => ({
    setting,
    detail: `the queue ${queue.name} runs steps in Lambda functions, which have no ${setting}: use a queue on Fargate or EC2`,
  }));
  if (typeof timeoutSeconds === 'number' && timeoutSeconds > queue.timeoutSeconds)
    problems.push({
      setting: 'timeoutSeconds',
      detail: `the limit of the step is ${timeoutSeconds} s, and that of the queue ${queue.name} is ${queue.timeoutSeconds} s: lower it, or use a queue on Fargate or EC2`,
    });
  return problems;
}
