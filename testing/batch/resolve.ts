/**
 * Merges a job's definition with the parameters and overrides of its submission.
 *
 * 1. Environment variables are merged by name and resources by type; a command replaces the
 *    definition's command.
 * 2. `Ref::name` in a command is replaced by the parameter; without such a parameter it remains.
 *
 *
 * @module
 */
import { type JobDefinition, platformOf } from './definitions.ts';
import { Refusal } from './errors.ts';
import {
  checkFargatePair,
  type Platform,
  type Resources,
  resourcesOf,
  sumOf,
} from './resources.ts';
import type {
  ContainerOverrides,
  ContainerProperties,
  Environment,
  Requirements,
  SubmitJob,
  TaskContainer,
  TaskProperties,
} from './shapes.ts';

/** The name of the only container of a definition with `containerProperties`. */
export const DEFAULT_CONTAINER = 'default';

/** The merged properties, in the form of the definition. */
export type Properties =
  | { readonly form: 'container'; readonly container: ContainerProperties }
  | { readonly form: 'ecs'; readonly task: TaskProperties };

export interface ResolvedJob {
  readonly platform: Platform;
  readonly parameters: Readonly<Record<string, string>>;
  readonly properties: Properties;
  /** The sum over all its containers. */
  readonly resources: Resources;
  /** Characters of the overrides as JSON. Too many fail the job when it starts. */
  readonly overridesLength: number;
}

export function resolve({ request }: JobDefinition, submission: SubmitJob): ResolvedJob {
  const parameters = { ...request.parameters, ...submission.parameters };
  const platform = platformOf(request);
  const properties = propertiesOf(request, submission, parameters);
  const containers =
    properties.form === 'container' ? [properties.container] : properties.task.containers;
  const resources = sumOf(containers.map((container) => resourcesOf(platform, container)));
  if (platform === 'FARGATE') checkFargatePair(resources);
  const overrides = submission.containerOverrides ?? submission.ecsPropertiesOverride;
  return {
    platform,
    parameters,
    properties,
    resources,
    overridesLength: overrides === undefined ? 0 : JSON.stringify(overrides).length,
  };
}

function propertiesOf(
  { containerProperties, ecsProperties }: JobDefinition['request'],
  { containerOverrides, ecsPropertiesOverride }: SubmitJob,
  parameters: Readonly<Record<string, string>>,
): Properties {
  if (containerProperties !== undefined) {
    if (ecsPropertiesOverride !== undefined)
      throw new Refusal(
        'ecsPropertiesOverride cannot override a job definition with containerProperties',
      );
    return {
      form: 'container',
      container: merge(containerProperties, containerOverrides, parameters),
    };
  }
  const task = ecsProperties?.taskProperties[0];
  if (task === undefined) throw new Refusal('The job definition has no task');
  if (containerOverrides !== undefined)
    throw new Refusal(
      'containerOverrides cannot override a job definition with ecsProperties: use ecsPropertiesOverride',
    );
  const overrides = ecsPropertiesOverride?.taskProperties?.[0]?.containers ?? [];
  for (const { name } of overrides) {
    if (!task.containers.some((container) => container.name === name))
      throw new Refusal(
        `ecsPropertiesOverride names container ${name}, which the job definition does not have`,
      );
  }
  const containers = task.containers.map((container) =>
    merge(
      container,
      overrides.find((override) => override.name === container.name),
      parameters,
    ),
  );
  return { form: 'ecs', task: { ...task, containers } };
}

function merge<
  C extends Pick<TaskContainer, 'command' | 'environment' | 'resourceRequirements'> &
    Pick<ContainerOverrides, 'vcpus' | 'memory'>,
>(
  container: C,
  overrides: ContainerOverrides | undefined,
  parameters: Readonly<Record<string, string>>,
): C {
  const { vcpus, memory } = overrides ?? {};
  if (overrides?.environment?.some(({ name }) => name?.startsWith('AWS_BATCH') === true) === true) {
    throw new Refusal('Environment variables must not start with AWS_BATCH: it is reserved');
  }
  const command = overrides?.command ?? container.command;
  return {
    ...container,
    ...(command !== undefined && { command: command.map((word) => substitute(word, parameters)) }),
    environment: mergeEnvironment(container.environment, overrides?.environment),
    resourceRequirements: mergeRequirements(
      container.resourceRequirements,
      overrides?.resourceRequirements,
    ),
    ...(vcpus !== undefined && { vcpus }),
    ...(memory !== undefined && { memory }),
  };
}

const substitute = (word: string, parameters: Readonly<Record<string, string>>): string =>
  word.replaceAll(/Ref::([A-Za-z0-9_.-]+)/gu, (reference, name: string) =>
    Object.hasOwn(parameters, name) ? (parameters[name] ?? reference) : reference,
  );

function mergeEnvironment(base: Environment = [], overrides: Environment = []): Environment {
  const names = new Set(overrides.map(({ name }) => name));
  return [...base.filter(({ name }) => !names.has(name)), ...overrides];
}

function mergeRequirements(base: Requirements = [], overrides: Requirements = []): Requirements {
  const types = new Set(overrides.map(({ type }) => type));
  return [...base.filter(({ type }) => !types.has(type)), ...overrides];
}
