/**
 * Options as written, turned into data: functions become entries in `callbacks`, the short forms of the reference become the model's.
 *
 * Pure, and without zod: the evaluator's context, a plain program and debug mode all declare with it. The values are checked afterwards, on the host's
 * side, by `validate.ts`; what is checked here is what cannot be seen from the data any more: unknown options, and functions where there must be none.
 *
 * @module
 */
import { OptionError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import type {
  PostExecuteCallback,
  PreExecuteCallback,
  RetryCallback,
  StatusChangeCallback,
} from './option-types.ts';

/** What the bundler knows of a declaration; it is the third argument of `component` and `pipeline`. */
export interface ComponentMeta {
  /** `ComponentCode.id`. */
  readonly id: string;
  /** The name by the source: the function's, else the constant's. */
  readonly name: string;
  readonly style: 'positional' | 'object';
  readonly parameters: readonly string[];
}

export interface PipelineMeta {
  readonly id: string;
  readonly name: string;
}

export interface Callbacks {
  readonly preExecute?: PreExecuteCallback;
  readonly postExecute?: PostExecuteCallback;
  readonly statusChange?: StatusChangeCallback;
  readonly retry?: RetryCallback;
}

/** Data of a declaration before its values are checked. */
export type RawDeclaration = Readonly<Record<string, unknown>> & {
  readonly id?: string;
  readonly name: string;
};

export interface DeclaredComponent {
  readonly raw: RawDeclaration;
  readonly returnValues: readonly string[];
  readonly callbacks: Callbacks;
}

export interface DeclaredPipeline {
  readonly raw: RawDeclaration;
  readonly serializer: ((value: never) => unknown) | undefined;
  readonly deserializer: ((bytes: never) => unknown) | undefined;
}

/** The name of a single return value that has none. */
export const DEFAULT_RETURN_VALUE = 'return_object';

const ENVIRONMENT_OPTIONS = [
  'packages',
  'docker',
  'dockerArgs',
  'dockerBashSetupScript',
  'repo',
  'repoBranch',
  'repoCommit',
  'secrets',
  'workingDir',
  'outputUri',
];

/** Options that are data already. */
const COMPONENT_DATA_OPTIONS = [
  ...ENVIRONMENT_OPTIONS,
  ...[
    'returnValues',
    'name',
    'cache',
    'executionQueue',
    'taskType',
    'parents',
    'retryBackoff',
    'timeoutSeconds',
  ],
  ...['monitorMetrics', 'monitorArtifacts', 'monitorModels', 'tags', 'draft', 'stage'],
];

const PIPELINE_DATA_OPTIONS = [
  ...ENVIRONMENT_OPTIONS,
  ...[
    'name',
    'project',
    'version',
    'autoVersionBump',
    'addRunNumber',
    'returnValue',
    'defaultQueue',
    'argsMap',
    'poolFrequency',
    'addPipelineTags',
    'tags',
  ],
  ...[
    'targetProject',
    'abortOnFailure',
    'pipelineExecutionQueue',
    'retryOnFailure',
    'timeoutSeconds',
  ],
];

const CALLBACK_KINDS = {
  preExecuteCallback: 'preExecute',
  postExecuteCallback: 'postExecute',
  statusChangeCallback: 'statusChange',
} as const;
const CONTINUE_BEHAVIOUR_OPTIONS = [
  'continueOnFail',
  'continueOnAbort',
  'skipChildrenOnFail',
  'skipChildrenOnAbort',
];

/** Every option of `component`, documented in docs/options.md. */
export const COMPONENT_OPTIONS: readonly string[] = [
  ...COMPONENT_DATA_OPTIONS,
  ...Object.keys(CALLBACK_KINDS),
  ...[
    'continueOnFail',
    'continueBehaviour',
    'retryOnFailure',
    'helperFunctions',
    'autoConnectFrameworks',
    'autoConnectArgParser',
  ],
];
/** Every option of `pipeline`, documented in docs/options.md. */
export const PIPELINE_OPTIONS: readonly string[] = [
  ...PIPELINE_DATA_OPTIONS,
  'artifactSerializer',
  'artifactDeserializer',
];

/** Options of the reference that Headrace has no use for, and what to do instead. */
const UNSUPPORTED_OPTIONS: Readonly<Record<string, string>> = {
  multiInstanceSupport:
    'there is nothing to switch on: any number of runs of a pipeline go on at once',
  startControllerLocally:
    'call PipelineDecorator.runLocally() before the pipeline to run it on this machine, or set pipelineExecutionQueue to null to keep only its logic here',
  skipGlobalImports:
    'a bundle holds exactly the imports that its code reaches, wherever they stand',
  enableLocalImports: 'imports of local files are always bundled',
  artifactSerializationFunction: 'it is called artifactSerializer here',
  artifactDeserializationFunction: 'it is called artifactDeserializer here',
};

/** @throws OptionError */
export function declareComponent(
  options: unknown,
  meta: Pick<ComponentMeta, 'id' | 'name'>,
): DeclaredComponent {
  const definedOptions = readOptions(options, 'component', meta.name, COMPONENT_OPTIONS);
  const owner = ownerOf('component', definedOptions.get('name'), meta.name);
  refuseUnlessFalse(
    definedOptions,
    owner,
    'autoConnectFrameworks',
    'no framework is patched behind your back: report with currentStep().logger. It can only be false',
  );
  refuseUnlessFalse(
    definedOptions,
    owner,
    'autoConnectArgParser',
    "a step's parameters are always recorded. It can only be false",
  );
  checkHelpers(definedOptions.get('helperFunctions'), owner);

  const callbacks: Record<string, unknown> = {};
  for (const [option, kind] of Object.entries(CALLBACK_KINDS)) {
    const callback = definedOptions.get(option);
    if (callback === undefined) continue;
    if (typeof callback !== 'function')
      throw new OptionError(option, owner, `a function is expected, this is ${typeName(callback)}`);
    callbacks[kind] = callback;
  }
  const raw: Record<string, unknown> = {
    id: meta.id,
    name: meta.name,
    ...plainOptions(definedOptions, COMPONENT_DATA_OPTIONS, owner),
  };
  const retry = definedOptions.get('retryOnFailure');
  if (typeof retry === 'function') callbacks.retry = retry;
  else if (retry !== undefined) raw.retryOnFailure = toPlainData(retry, 'retryOnFailure', owner);
  const behaviour = continueBehaviourOf(definedOptions, owner);
  if (behaviour !== undefined) raw.continueBehaviour = behaviour;
  raw.returnValues ??= [DEFAULT_RETURN_VALUE];
  raw.callbacks = Object.keys(callbacks);
  return {
    raw: raw as RawDeclaration,
    returnValues: raw.returnValues as readonly string[],
    callbacks,
  };
}

/** @throws OptionError */
export function declarePipeline(options: unknown, meta: PipelineMeta): DeclaredPipeline {
  const definedOptions = readOptions(options, 'pipeline', meta.name, PIPELINE_OPTIONS);
  const owner = ownerOf('pipeline', definedOptions.get('name'), meta.name);
  const serializer = functionOption(definedOptions, 'artifactSerializer', owner);
  const deserializer = functionOption(definedOptions, 'artifactDeserializer', owner);
  if ((serializer === undefined) !== (deserializer === undefined)) {
    const [present, missing] =
      serializer === undefined
        ? ['artifactDeserializer', 'artifactSerializer']
        : ['artifactSerializer', 'artifactDeserializer'];
    throw new OptionError(
      present,
      owner,
      `it needs ${missing} beside it: what one writes, the other must read`,
    );
  }
  if (typeof definedOptions.get('retryOnFailure') === 'function') {
    throw new OptionError(
      'retryOnFailure',
      owner,
      'a number is expected here; a function that decides on each retry is an option of a component',
    );
  }
  const raw = {
    name: meta.name,
    ...plainOptions(definedOptions, PIPELINE_DATA_OPTIONS, owner),
    hasSerializer: serializer !== undefined,
    hasDeserializer: deserializer !== undefined,
  };
  return { raw, serializer, deserializer };
}

/** The options that are not `undefined`, all of them known. */
function readOptions(
  options: unknown,
  kind: 'component' | 'pipeline',
  name: string,
  known: readonly string[],
): ReadonlyMap<string, unknown> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OptionError(
      '(all)',
      `${kind} ${name}`,
      `the first argument of ${kind}(…) is an object of options, this is ${typeName(options)}`,
    );
  }
  const definedOptions = new Map(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  const owner = ownerOf(kind, definedOptions.get('name'), name);
  for (const option of definedOptions.keys()) {
    if (known.includes(option)) continue;
    const advice = UNSUPPORTED_OPTIONS[option];
    if (advice !== undefined && Object.hasOwn(UNSUPPORTED_OPTIONS, option))
      throw new OptionError(option, owner, advice);
    const nearest = nearestName(option, known);
    throw new OptionError(
      option,
      owner,
      `there is no such option${nearest === undefined ? `; there are ${[...known].sort().join(', ')}` : `, did you mean ${nearest}?`}`,
    );
  }
  return definedOptions;
}

const ownerOf = (kind: string, nameOption: unknown, name: string): string =>
  `${kind} ${typeof nameOption === 'string' ? nameOption : name}`;

function plainOptions(
  definedOptions: ReadonlyMap<string, unknown>,
  names: readonly string[],
  owner: string,
): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    const value = definedOptions.get(name);
    if (value !== undefined) picked[name] = toPlainData(value, name, owner);
  }
  return picked;
}

/** A copy of what can be JSON; options cross to the host as text. */
function toPlainData(value: unknown, path: string, owner: string): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value))
        throw new OptionError(path, owner, `a number is expected, this is ${value}`);
      return value;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value))
        return value.map((element, index) => toPlainData(element, `${path}[${index}]`, owner));
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, property]) => property !== undefined)
          .map(([key, property]) => [key, toPlainData(property, `${path}.${key}`, owner)]),
      );
    default:
      throw new OptionError(path, owner, `plain data is expected, this is ${typeName(value)}`);
  }
}

function continueBehaviourOf(definedOptions: ReadonlyMap<string, unknown>, owner: string): unknown {
  const shortForm = definedOptions.get('continueOnFail');
  const longForm = definedOptions.get('continueBehaviour');
  if (longForm === undefined)
    return shortForm === undefined
      ? undefined
      : { continueOnFail: toPlainData(shortForm, 'continueOnFail', owner) };
  const behaviour = toPlainData(longForm, 'continueBehaviour', owner);
  if (typeof behaviour !== 'object' || behaviour === null || Array.isArray(behaviour)) {
    throw new OptionError(
      'continueBehaviour',
      owner,
      `an object is expected, this is ${typeName(behaviour)}`,
    );
  }
  for (const key of Object.keys(behaviour)) {
    if (!CONTINUE_BEHAVIOUR_OPTIONS.includes(key))
      throw new OptionError(
        `continueBehaviour.${key}`,
        owner,
        `there is no such option; there are ${CONTINUE_BEHAVIOUR_OPTIONS.join(', ')}`,
      );
  }
  if (shortForm !== undefined && 'continueOnFail' in behaviour)
    throw new OptionError('continueOnFail', owner, 'it is in continueBehaviour too: give it once');
  return shortForm === undefined
    ? behaviour
    : { ...behaviour, continueOnFail: toPlainData(shortForm, 'continueOnFail', owner) };
}

function functionOption(
  definedOptions: ReadonlyMap<string, unknown>,
  option: string,
  owner: string,
): ((value: never) => unknown) | undefined {
  const value = definedOptions.get(option);
  if (value === undefined) return undefined;
  if (typeof value !== 'function')
    throw new OptionError(option, owner, `a function is expected, this is ${typeName(value)}`);
  return value as (value: never) => unknown;
}

function refuseUnlessFalse(
  definedOptions: ReadonlyMap<string, unknown>,
  owner: string,
  option: string,
  reason: string,
): void {
  const value = definedOptions.get(option);
  if (value !== undefined && value !== false) throw new OptionError(option, owner, reason);
}

function checkHelpers(helpers: unknown, owner: string): void {
  if (
    helpers === undefined ||
    (Array.isArray(helpers) && helpers.every((helper) => typeof helper === 'function'))
  )
    return;
  throw new OptionError(
    'helperFunctions',
    owner,
    'a list of functions is expected (it may be left out: the bundler finds them by itself)',
  );
}

const typeName = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;
