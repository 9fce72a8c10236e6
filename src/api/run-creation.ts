/**
 * What is checked before a run is created, for a request as well as for a schedule.
 *
 * @module
 */

import { type RunId, versionSchema } from '../model/ids.ts';
import { issueSentence } from '../model/issue-sentences.ts';
import type { JsonObject } from '../model/json.ts';
import { MAX_TAGS } from '../model/limits.ts';
import type { EvaluatedBy, NewRun, Run } from '../model/run.ts';
import type { PipelineName } from '../ports/registry.ts';
import type { ApiPorts, RunControl, RunnableVersion, TagChange } from './ports.ts';
import { invalidField, ProblemError } from './problems.ts';

export interface RunCreationPorts extends Pick<ApiPorts, 'registry' | 'queues'> {
  readonly evaluations: Pick<ApiPorts['evaluations'], 'jobs' | 'accepted'>;
  readonly runs: Pick<RunControl, 'prepare'>;
}

export interface RunCreation {
  readonly pipeline: PipelineName;
  /** Default: the highest version. */
  readonly version: string | undefined;
  /** By parameter name, as received. */
  readonly args: JsonObject;
  readonly tags: readonly string[];
  readonly noCache: boolean;
  readonly defaultQueue: string | null;
  readonly evaluator: EvaluatedBy | undefined;
  readonly createdBy: string | undefined;
}

/**
 * The info of a new run. Nothing is written.
 *
 * @throws ProblemError, or HeadraceError with the invalid `argument`
 */
export async function prepareNewRun(
  ports: RunCreationPorts,
  id: RunId,
  { pipeline, args, tags, noCache, defaultQueue, createdBy, ...request }: RunCreation,
): Promise<NewRun> {
  const version = await requireRunnableVersion(ports, pipeline, request.version);
  if (defaultQueue !== null) requireQueue(ports, 'defaultQueue', defaultQueue);
  requireTagCount([...version.content.declaration.tags, ...tags]);
  const evaluatedBy = request.evaluator ?? evaluatorForVersion(ports, version);
  requireAcceptedEvaluator(ports, evaluatedBy);
  return ports.runs.prepare(version, {
    id,
    args,
    tags,
    noCache,
    defaultQueue,
    evaluatedBy,
    createdBy,
  });
}

/** The version for a new run; without a name, the highest. @throws ProblemError */
export async function requireRunnableVersion(
  { registry }: Pick<ApiPorts, 'registry'>,
  pipeline: PipelineName,
  version: string | undefined,
): Promise<RunnableVersion> {
  const number = version === undefined ? undefined : versionSchema.safeParse(version);
  if (number?.success === false)
    throw invalidField('version', number.error.issues.map(issueSentence).join('; '));
  const versionToRun =
    number?.data ?? (await registry.versions(pipeline, { limit: 1 }))[0]?.version;
  if (versionToRun === undefined)
    throw invalidField(
      'pipeline',
      `project ${pipeline.project} has no pipeline ${JSON.stringify(pipeline.name)}`,
    );
  const pipelineVersion = await registry.version(pipeline, versionToRun);
  if (pipelineVersion === undefined)
    throw invalidField(
      'version',
      `pipeline ${pipeline.name} of project ${pipeline.project} has no version ${versionToRun}`,
    );
  if (pipelineVersion.content === null)
    throw invalidField(
      'version',
      `of version ${versionToRun} only the name is on record: register its code`,
    );
  return { version: pipelineVersion.version, content: pipelineVersion.content };
}

/**
 * A run that its caller does not evaluate: a job evaluates it if the pipeline names a queue for
 * that, else the engine.
 */
function evaluatorForVersion(
  ports: RunCreationPorts,
  { content }: RunnableVersion,
): 'job' | undefined {
  const { pipelineExecutionQueue: queue } = content.declaration;
  if (queue === null || queue === 'services' || !ports.evaluations.jobs) return undefined;
  requireQueue(ports, 'pipeline', queue);
  return 'job';
}

/**
 * @throws ProblemError if the deployment does not accept the evaluator of a run
 */
export function requireAcceptedEvaluator(
  { evaluations }: Pick<RunCreationPorts, 'evaluations'>,
  evaluatedBy: EvaluatedBy | undefined,
): void {
  if (evaluatedBy === undefined || evaluations.accepted) return;
  const how =
    evaluatedBy === 'caller'
      ? 'by its caller (pipelineExecutionQueue: null)'
      : 'by a job (pipelineExecutionQueue names a queue)';
  throw new ProblemError(
    409,
    `the logic of the run would be evaluated ${how}, and this deployment does not accept external evaluation: deploy it with api: { externalEvaluation: true }, or let the deployment evaluate the pipeline with pipelineExecutionQueue: 'services'`,
  );
}

/** @throws ProblemError */
export function requireTagCount(tags: readonly string[]): void {
  const count = new Set(tags).size;
  if (count > MAX_TAGS)
    throw invalidField('tags', `the run would have ${count} tags, and it may have ${MAX_TAGS}`);
}

/** @throws ProblemError if the run would have too many tags after the change */
export const requireTagsAfter = ({ head }: Run, { add, remove }: TagChange): void =>
  requireTagCount([...head.tags.filter((tag) => !remove.includes(tag)), ...add]);

/** @throws ProblemError */
export function requireQueue(ports: Pick<ApiPorts, 'queues'>, field: string, name: string): void {
  const { items, acceptsAnyName } = ports.queues();
  if (acceptsAnyName || items.some((queue) => queue.name === name)) return;
  throw invalidField(
    field,
    `there is no queue ${JSON.stringify(name)}: the queues are ${items.map((queue) => queue.name).join(', ')}`,
  );
}
