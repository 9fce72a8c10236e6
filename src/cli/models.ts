/**
 * The commands on registered models, on this machine and behind an API alike.
 *
 * @module
 */
import { CommandLineError, NotFoundError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { tagsSchema } from '../model/ids.ts';
import { issueSentence } from '../model/issue-sentences.ts';
import {
  type ModelName,
  type ModelReference,
  type ModelSelector,
  type ModelVersion,
  modelNameSchema,
  modelReferenceText,
  parseModelReference,
} from '../model/model-version.ts';
import type { ModelChange, ModelSummary } from '../ports/model-registry.ts';
import { type HintTarget, hint } from '../view/hints.ts';
import type { Output } from '../view/output.ts';
import { outputValue, type ReadableObjects } from './artifact-output.ts';
import {
  type ListedUses,
  MAX_SHOWN_USES,
  printModelSummaries,
  printModelVersion,
  printModelVersions,
} from './model-output.ts';
import type {
  GetModelOptions,
  JsonOption,
  ListModelsOptions,
  ModelOptions,
  PublishOptions,
} from './option-types.ts';

/** A model of a run that can be published. */
export interface ModelCandidate {
  /** Null: a model of the run itself. */
  readonly step: string | null;
  readonly name: string;
  /** The hash of its content, and the key of its object. */
  readonly key: string;
  publish(name: string, tags: readonly string[]): Promise<ModelVersion>;
}

/** Where the commands read and change models. */
export interface ModelRecords {
  readonly hintTarget: HintTarget;
  readonly objects: ReadableObjects;
  models(project: string | undefined): Promise<readonly ModelSummary[]>;
  /** Highest first, at most `limit`. */
  versions(model: ModelName, limit: number): Promise<readonly ModelVersion[]>;
  version(model: ModelName, selector: ModelSelector): Promise<ModelVersion | undefined>;
  change(version: ModelVersion, change: Omit<ModelChange, 'publishedAt'>): Promise<ModelVersion>;
  publish(version: ModelVersion): Promise<ModelVersion>;
  unpublish(version: ModelVersion): Promise<ModelVersion>;
  /** The newest runs that use the version, at most `limit`, and whether there are more. */
  uses(version: ModelVersion, limit: number): Promise<ListedUses>;
  /** The models of a run and of its steps. */
  candidates(run: string): Promise<readonly ModelCandidate[]>;
}

const MAX_LISTED_VERSIONS = 200;
const MAX_LISTED_USES = 100;

export async function listModels(
  records: ModelRecords,
  name: string | undefined,
  { project, json }: ListModelsOptions,
  output: Output,
): Promise<ExitCode> {
  if (name !== undefined) {
    const model = await findModel(records, readReference(name), project);
    await printModelVersions(await records.versions(model, MAX_LISTED_VERSIONS), json, output);
    return EXIT.completed;
  }
  await printModelSummaries(await records.models(project), json, records.hintTarget, output);
  return EXIT.completed;
}

export async function showModel(
  records: ModelRecords,
  text: string,
  { project, json }: ModelOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const version = await findVersion(records, text, project);
  const uses = await records.uses(version, json ? MAX_LISTED_USES : MAX_SHOWN_USES);
  await printModelVersion(version, uses, json, records.hintTarget, output);
  return EXIT.completed;
}

export async function getModel(
  records: ModelRecords,
  text: string,
  { project, output: path }: GetModelOptions,
  output: Output,
): Promise<ExitCode> {
  const { value, name } = await findVersion(records, text, project);
  return await outputValue(value, name, path, records.objects, output);
}

export async function tagModel(
  records: ModelRecords,
  text: string,
  { project, add, remove }: ModelOptions & { add: readonly string[]; remove: readonly string[] },
  output: Output,
): Promise<ExitCode> {
  if (add.length + remove.length === 0)
    throw new CommandLineError('nothing to change: use --add or --remove');
  requireTags('--add', add);
  const version = await findVersion(records, text, project);
  const changed = await records.change(version, { addTags: add, removeTags: remove });
  await output.write(
    `${versionText(changed)} has ${changed.tags.length === 0 ? 'no tags' : `the tags ${changed.tags.join(', ')}`}\n`,
  );
  return EXIT.completed;
}

/**
 * @param modelName absent: `runOrModel` is a registered version, which is published again, or a run
 *   with one model
 */
export async function publish(
  records: ModelRecords,
  runOrModel: string,
  modelName: string | undefined,
  { project, name, step, tag, json }: PublishOptions,
  output: Output,
): Promise<ExitCode> {
  requireTags('--tag', tag);
  const published =
    modelName === undefined && runOrModel.includes('@')
      ? await republish(records, await findVersion(records, runOrModel, project), tag)
      : await publishOfRun(records, runOrModel, { model: modelName, name, step, tag });
  if (json) await output.write(`${JSON.stringify(published)}\n`);
  else
    await output.write(
      `published ${versionText(published)}: it stays when its run is removed\n` +
        `fetch it with \`${hint(records.hintTarget, 'models', 'get', versionText(published), '-o', published.value.name ?? published.name)}\`\n`,
    );
  return EXIT.completed;
}

async function republish(
  records: ModelRecords,
  version: ModelVersion,
  tags: readonly string[],
): Promise<ModelVersion> {
  const published = await records.publish(version);
  return tags.length === 0 ? published : await records.change(published, { addTags: tags });
}

async function publishOfRun(
  records: ModelRecords,
  run: string,
  request: {
    /** Absent: the only model of the run, or of the step. */
    readonly model: string | undefined;
    readonly name: string | undefined;
    readonly step: string | undefined;
    readonly tag: readonly string[];
  },
): Promise<ModelVersion> {
  const { step, tag } = request;
  const all = await records.candidates(run);
  const candidates = all.filter((each) => step === undefined || each.step === step);
  const model = request.model ?? onlyModel(records, run, candidates);
  const { name = model } = request;
  const [issue] = modelNameSchema.safeParse(name).error?.issues ?? [];
  if (issue !== undefined)
    throw new CommandLineError(`${issueSentence(issue)}: choose another one with --name`);
  const named = candidates.filter((each) => each.name === model);
  // A model of the run itself is chosen by the pipeline. Others need their step.
  const own = named.filter((each) => each.step === null);
  const found = own.length > 0 ? own : named;
  const [first] = found;
  if (first === undefined) {
    const names = [...new Set(all.map(candidateText))];
    throw new NotFoundError(
      `run ${run} has no model ${JSON.stringify(model)}${step === undefined ? '' : ` in step ${step}`}: ${names.length === 0 ? 'it has no models' : `it has ${names.slice(0, 20).join(', ')}`}`,
    );
  }
  if (found.some(({ key }) => key !== first.key))
    throw new CommandLineError(
      `several models of run ${run} are named ${JSON.stringify(model)}: choose one with --step, as in --step ${found.find((each) => each.step !== null)?.step} (${found.map(candidateText).slice(0, 20).join(', ')})`,
    );
  return await first.publish(name, tag);
}

/** The only model of the run itself, else the only one of its steps. */
function onlyModel(
  { hintTarget }: Pick<ModelRecords, 'hintTarget'>,
  run: string,
  candidates: readonly ModelCandidate[],
): string {
  const own = candidates.filter(({ step }) => step === null);
  const names = [...new Set((own.length > 0 ? own : candidates).map(({ name }) => name))];
  const [only] = names;
  if (only === undefined || names.length > 1)
    throw new CommandLineError(
      `which model of run ${run}? ${only === undefined ? 'It has none' : `It has ${names.slice(0, 20).join(', ')}: \`${hint(hintTarget, 'artifacts', 'list', run)}\` lists them`}; a registered version is written as in iris@3`,
    );
  return only;
}

const candidateText = ({ step, name }: ModelCandidate): string =>
  step === null ? name : `${step}.${name}`;

export async function unpublish(
  records: ModelRecords,
  text: string,
  { project }: ModelOptions,
  output: Output,
): Promise<ExitCode> {
  const version = await findVersion(records, text, project);
  const changed = await records.unpublish(version);
  await output.write(
    `${versionText(changed)} is no longer published: its file is kept only as long as its run\n`,
  );
  return EXIT.completed;
}

/** With the project, because a name may be that of models of several projects. */
export const versionText = ({ project, name, version }: ModelVersion): string =>
  modelReferenceText({ project, name, version });

function readReference(text: string): ModelReference {
  const reference = parseModelReference(text);
  if (typeof reference === 'string')
    throw new CommandLineError(
      `${JSON.stringify(text)} is no model: ${reference} (write it as in iris, iris@3 or iris@published)`,
    );
  return reference;
}

/** @throws NotFoundError, CommandLineError */
export async function findVersion(
  records: ModelRecords,
  text: string,
  project: string | undefined,
): Promise<ModelVersion> {
  const reference = readReference(text);
  const model = await findModel(records, reference, project);
  const found = await records.version(model, reference.version);
  if (found !== undefined) return found;
  const list = hint(records.hintTarget, 'models', 'list', model.name);
  throw new NotFoundError(
    reference.version === 'published'
      ? `no version of model ${model.name} is published: \`${list}\` lists its versions`
      : `model ${model.name} has no version ${reference.version}: \`${list}\` lists its versions`,
  );
}

/** The model of that name in the project that the reference or the option names, else in any. */
async function findModel(
  records: ModelRecords,
  { project: inProject, name }: ModelReference,
  option: string | undefined,
): Promise<ModelName> {
  const project = inProject ?? option;
  const models = await records.models(project);
  const found = models.filter((each) => each.name === name);
  const [model, another] = found;
  if (model === undefined)
    throw new NotFoundError(
      `there is no registered model ${JSON.stringify(name)}${project === undefined ? '' : ` in project ${project}`}: \`${hint(records.hintTarget, 'models', 'list')}\` lists all, and \`${hint(records.hintTarget, 'models', 'publish', 'RUN', 'MODEL')}\` adds one`,
    );
  if (another !== undefined)
    throw new CommandLineError(
      `several projects have a model ${name}: add --project, with one of ${found.map((each) => each.project).join(', ')}`,
    );
  return model;
}

function requireTags(option: string, tags: readonly string[]): void {
  const [issue] = tagsSchema.safeParse(tags).error?.issues ?? [];
  if (issue !== undefined) throw new CommandLineError(`${option}: ${issueSentence(issue)}`);
}
