/**
 * Publishes a model of a run: registers it as the next version of its name, from which its object
 * stays until the version is unpublished.
 *
 * 1. The version is registered before the run is checked. A removal of the run is recorded before
 *    it reads the published objects. So the removal finds the version, or this function finds the
 *    removal, and withdraws the version.
 * 2. A repeated request returns the same version, published.
 *
 * @module
 */
import type { Model } from '../../model/artifacts.ts';
import { HeadraceError } from '../../model/errors.ts';
import type {
  ModelMetric,
  ModelSource,
  ModelVersion,
  NewModelVersion,
} from '../../model/model-version.ts';
import { projectOf, writerOfKey } from '../../model/object-layout.ts';
import type { Run } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import { isStored } from '../../model/value.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Removal } from '../../ports/removal.ts';
import type { RunQueries, Tasks } from '../../ports/tasks.ts';

export interface PublishPorts {
  readonly tasks: Pick<Tasks, 'run' | 'steps'>;
  readonly queries: Pick<RunQueries, 'points'>;
  readonly removal: Pick<Removal, 'isBeingRemoved'>;
  readonly objects: Pick<Objects, 'size'>;
  readonly models: ModelRegistry;
}

export interface PublishRequest {
  /** The run that has the model. */
  readonly run: Run;
  /** The step that has the model; null: the run itself. */
  readonly step: Step | null;
  readonly model: Model;
  /** The name of the registered model. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly now: number;
}

/** The model cannot be published: its file is missing, or is about to be removed. */
export class ModelUnavailableError extends HeadraceError {
  constructor(
    readonly model: string,
    reason: string,
  ) {
    super(`model ${JSON.stringify(model)} cannot be published: ${reason}`);
  }
}

/** The most series whose last point a version records. */
const MAX_METRICS = 200;

/** @throws ModelUnavailableError */
export async function publishModel(
  ports: PublishPorts,
  request: PublishRequest,
): Promise<ModelVersion> {
  const { models } = ports;
  const { now } = request;
  const registered = await models.register(await newVersion(ports, request));
  const published =
    registered.publishedAt !== null && request.tags.every((tag) => registered.tags.includes(tag))
      ? registered
      : await models.change(registered, registered.version, {
          publishedAt: registered.publishedAt ?? now,
          addTags: request.tags,
        });
  const problem = await unavailability(ports, registered);
  if (problem !== undefined) {
    await models.change(registered, registered.version, { publishedAt: null });
    throw new ModelUnavailableError(request.model.name, problem);
  }
  return published ?? registered;
}

/** Publishes a registered version again. @throws ModelUnavailableError */
export async function republishModel(
  ports: PublishPorts,
  version: ModelVersion,
  now: number,
): Promise<ModelVersion> {
  const { models } = ports;
  const published =
    version.publishedAt === null
      ? await models.change(version, version.version, { publishedAt: now })
      : version;
  const problem = await unavailability(ports, version);
  if (problem === undefined) return published ?? version;
  await models.change(version, version.version, { publishedAt: null });
  throw new ModelUnavailableError(`${version.name}@${version.version}`, problem);
}

/** Why the object of the version does not stay; undefined if it does (1). */
async function unavailability(
  { removal, objects }: PublishPorts,
  { value }: ModelVersion,
): Promise<string | undefined> {
  const run = writerOfKey(value.key)?.run;
  if (run !== undefined && (await removal.isBeingRemoved(run)))
    return `run ${run}, which wrote it, is being removed`;
  const size = await objects.size(value.key);
  if (size === value.size) return undefined;
  return size === undefined
    ? `its object ${value.key} is not in the store`
    : `its object ${value.key} has ${size} bytes, and ${value.size} were written`;
}

async function newVersion(
  ports: PublishPorts,
  { run, step, model, name, tags, now }: PublishRequest,
): Promise<NewModelVersion> {
  const { value, framework, metadata } = model;
  if (!isStored(value)) throw new ModelUnavailableError(model.name, 'it is no file or folder');
  const writer = (await writerOf(ports, model)) ?? { run, step };
  return {
    project: projectOf(run.info),
    name,
    tags,
    framework: framework ?? null,
    metadata: metadata ?? null,
    metrics: await lastPoints(ports, writer),
    value,
    source: sourceOf(writer, model.name),
    registeredAt: now,
    publishedAt: now,
  };
}

interface Writer {
  readonly run: Run;
  readonly step: Step | null;
}

/**
 * The step whose attempt wrote the object. It may belong to another run: of a step with a cache
 * hit, it is the one that computed the result.
 */
async function writerOf({ tasks }: PublishPorts, { value }: Model): Promise<Writer | undefined> {
  const writer = isStored(value) ? writerOfKey(value.key) : undefined;
  if (writer === undefined) return undefined;
  const run = await tasks.run(writer.run);
  const [step] = run === undefined ? [] : await tasks.steps(writer.run, [writer.call]);
  return run === undefined || step === undefined ? undefined : { run, step };
}

async function lastPoints(
  { queries }: PublishPorts,
  { run, step }: Writer,
): Promise<readonly ModelMetric[]> {
  if (step === null) return [];
  const points = await queries.points(run.info.id, step.call);
  const last = new Map<string, ModelMetric>();
  for (const { title, series, iteration, value } of points)
    last.set(JSON.stringify([title, series]), { title, series, iteration, value });
  return [...last.values()].slice(0, MAX_METRICS);
}

function sourceOf({ run: { info }, step }: Writer, model: string): ModelSource {
  return {
    run: info.id,
    pipeline: info.pipeline,
    number: info.number,
    pipelineVersion: info.version,
    codeHash: info.code.hash,
    model,
    step:
      step === null
        ? null
        : {
            call: step.call,
            name: step.name,
            component: step.component,
            attempt: step.attempts.at(-1)?.number ?? 0,
            codeHash:
              info.code.components.find(({ name }) => name === step.component)?.bundle.hash ?? null,
            arguments: step.arguments ?? [],
          },
  };
}
