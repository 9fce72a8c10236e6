/**
 * Job definitions and their revisions.
 *
 * 1. A revision never changes. Another registration of the name creates the next revision; numbers
 *    continue after a deregistration.
 * 2. A name or ARN without a revision refers to the newest active revision.
 *
 * @module
 */
import type { z } from 'zod';
import { type ArnScope, arnOf, nameIn } from './arns.ts';
import { Refusal } from './errors.ts';
import { type Page, page } from './pages.ts';
import { checkFargatePair, type Platform, resourcesOf, sumOf } from './resources.ts';
import type {
  ContainerProperties,
  describeJobDefinitionsSchema,
  RegisterJobDefinition,
  TaskContainer,
} from './shapes.ts';

export interface JobDefinition {
  readonly arn: string;
  readonly name: string;
  readonly revision: number;
  readonly request: RegisterJobDefinition;
  active: boolean;
  tags: Record<string, string>;
}

/** The maximum size of a definition as JSON. */
const MAX_DEFINITION_BYTES = 24 * 1024;

export const platformOf = ({
  platformCapabilities,
}: Pick<RegisterJobDefinition, 'platformCapabilities'>): Platform =>
  platformCapabilities?.includes('FARGATE') === true ? 'FARGATE' : 'EC2';

export class Definitions {
  readonly #scope: ArnScope;
  readonly #byName = new Map<string, JobDefinition[]>();

  constructor(scope: ArnScope) {
    this.#scope = scope;
  }

  register(request: RegisterJobDefinition): JobDefinition {
    check(request);
    const name = request.jobDefinitionName;
    const revisions = this.#byName.get(name) ?? [];
    const revision = revisions.length + 1;
    const arn = arnOf(this.#scope, 'job-definition', `${name}:${revision}`);
    const definition: JobDefinition = {
      arn,
      name,
      revision,
      request,
      active: true,
      tags: { ...request.tags },
    };
    this.#byName.set(name, [...revisions, definition]);
    return definition;
  }

  deregister(nameOrArn: string): void {
    const [name = '', revision] = nameIn(nameOrArn).split(':');
    const found = this.#byName.get(name)?.find((each) => String(each.revision) === revision);
    if (found === undefined)
      throw new Refusal(`JobDefinition ${nameOrArn} not found; use name:revision or an ARN`);
    found.active = false;
  }

  /** @throws Refusal if the definition is unknown or inactive */
  active(nameOrArn: string): JobDefinition {
    const [name = '', revision] = nameIn(nameOrArn).split(':');
    const candidates = (this.#byName.get(name) ?? []).filter(
      (each) => each.active && (revision === undefined || String(each.revision) === revision),
    );
    const found = candidates.at(-1);
    if (
      found === undefined ||
      (nameOrArn.startsWith('arn:') &&
        found.arn !== nameOrArn &&
        found.arn !== `${nameOrArn}:${found.revision}`)
    ) {
      throw new Refusal(`JobDefinition ${nameOrArn} not found`);
    }
    return found;
  }

  byArn(arn: string): JobDefinition | undefined {
    return [...this.#byName.values()].flat().find((each) => each.arn === arn);
  }

  describe({
    jobDefinitions,
    jobDefinitionName,
    status,
    ...rest
  }: z.infer<typeof describeJobDefinitionsSchema>): Page<object> {
    const all =
      jobDefinitionName === undefined
        ? [...this.#byName.values()].flat()
        : (this.#byName.get(jobDefinitionName) ?? []);
    const names = jobDefinitions?.map(nameIn);
    const found = all.filter((each) => {
      if (
        names !== undefined &&
        !names.includes(`${each.name}:${each.revision}`) &&
        !names.includes(each.name)
      )
        return false;
      return status === undefined || status === (each.active ? 'ACTIVE' : 'INACTIVE');
    });
    const { items, ...more } = page(found.reverse(), rest);
    return { items: items.map(definitionDetail), ...more };
  }
}

function definitionDetail({ arn, name, revision, request, active, tags }: JobDefinition): object {
  return {
    ...request,
    jobDefinitionName: name,
    jobDefinitionArn: arn,
    revision,
    status: active ? 'ACTIVE' : 'INACTIVE',
    parameters: request.parameters ?? {},
    containerOrchestrationType: 'ECS',
    tags,
  };
}

function check(request: RegisterJobDefinition): void {
  if (request.type !== 'container')
    throw new Refusal('This emulator runs only job definitions of type container');
  if (Buffer.byteLength(JSON.stringify(request)) > MAX_DEFINITION_BYTES)
    throw new Refusal('The job definition is larger than 24 KiB');
  const { containerProperties, ecsProperties } = request;
  if ((containerProperties === undefined) === (ecsProperties === undefined))
    throw new Refusal('Either containerProperties or ecsProperties must be given, not both');
  const platform = platformOf(request);
  const task = ecsProperties?.taskProperties[0];
  const containers: readonly (ContainerProperties | TaskContainer)[] =
    task?.containers ?? (containerProperties === undefined ? [] : [containerProperties]);
  const resources = sumOf(containers.map((container) => resourcesOf(platform, container)));
  for (const { environment = [] } of containers) {
    if (environment.some(({ name }) => name?.startsWith('AWS_BATCH') === true))
      throw new Refusal('Environment variables must not start with AWS_BATCH: it is reserved');
  }
  if (task !== undefined) checkContainers(task.containers);
  if (platform !== 'FARGATE') return;
  checkFargatePair(resources);
  if ((task ?? containerProperties)?.executionRoleArn === undefined)
    throw new Refusal('Fargate jobs need an executionRoleArn');
  if (containers.some((container) => container.privileged === true))
    throw new Refusal('privileged is not available on Fargate');
}

function checkContainers(containers: readonly TaskContainer[]): void {
  const byName = new Map(containers.map((container) => [container.name, container]));
  if (containers.length > 1 && (byName.has(undefined) || byName.size < containers.length))
    throw new Refusal('Every container of a task needs a name of its own');
  if (containers.every((container) => container.essential === false))
    throw new Refusal('A task needs an essential container');
  for (const container of containers) {
    for (const { containerName, condition } of container.dependsOn ?? []) {
      const target = byName.get(containerName);
      if (target === undefined || target === container)
        throw new Refusal(
          `Container ${container.name} depends on ${containerName}, which is not another container of the task`,
        );
      if (condition !== 'START' && target.essential !== false)
        throw new Refusal(
          `Container ${containerName} is essential: no container can depend on its ${condition}`,
        );
    }
  }
  // Each round removes the containers without a remaining dependency; the containers of a cycle
  // are never removed.
  let remaining = containers;
  while (true) {
    const next = remaining.filter((container) =>
      (container.dependsOn ?? []).some(({ containerName }) =>
        remaining.some((other) => other.name === containerName),
      ),
    );
    if (next.length === 0) return;
    if (next.length === remaining.length)
      throw new Refusal(
        `Containers depend on each other in a cycle: ${next.map(({ name }) => name).join(', ')}`,
      );
    remaining = next;
  }
}
