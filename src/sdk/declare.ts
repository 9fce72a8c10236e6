/**
 * Turns the options of `component` and `pipeline` into declarations, which are data: functions
 * become entries in `callbacks`, and ClearML's short forms become the fields of the model.
 *
 * Pure and without zod: the evaluator's context, a plain program and debug mode all declare with
 * this module. It checks what the data does not show any more: unknown options, and functions in
 * place of data. `validate.ts` checks the values afterwards, on the host.
 *
 * @module
 */
import {
  COMPONENT_OPTIONS,
  CONTINUE_BEHAVIOUR_FIELDS,
  PIPELINE_OPTIONS,
} from '../model/option-table.ts';
import { OptionError } from './errors.ts';
import type {
  PostExecuteCallback,
  PreExecuteCallback,
  RetryCallback,
  StatusChangeCallback,
} from './option-types.ts';
import { type OptionReader, readOptions, toPlainData, typeName } from './read-options.ts';

/** What the bundler knows of a declaration. It is the third argument of `component`. */
export interface ComponentMeta {
  /** `ComponentCode.id`. */
  readonly id: string;
  /** The name by the source: the function's, else the constant's. */
  readonly name: string;
  readonly style: 'positional' | 'object';
  readonly parameters: readonly string[];
}

/** What the bundler knows of a declaration. It is the third argument of `pipeline`. */
export interface PipelineMeta {
  readonly id: string;
  readonly name: string;
  /** In the logic of another pipeline, which may call it: its function is not part of the bundle. */
  readonly stub?: true;
  /** In debug mode: no other pipeline may call it, because the bundler could not name its version. */
  readonly notCallable?: true;
}

export interface Callbacks {
  readonly preExecute?: PreExecuteCallback;
  readonly postExecute?: PostExecuteCallback;
  readonly statusChange?: StatusChangeCallback;
  readonly retry?: RetryCallback;
}

/** The data of a declaration before its values are checked. */
export type RawDeclaration = Readonly<Record<string, unknown>> & {
  readonly id?: string;
  readonly name: string;
};

export interface DeclaredComponent {
  readonly raw: RawDeclaration;
  readonly returnValues: readonly string[];
  readonly callbacks: Callbacks;
}

/** A component with its function. */
export interface HostComponent {
  readonly meta: ComponentMeta;
  readonly declared: DeclaredComponent;
  readonly fn: (...args: readonly unknown[]) => unknown;
}

export interface DeclaredPipeline {
  readonly raw: RawDeclaration;
  readonly serializer: ((value: never) => unknown) | undefined;
  readonly deserializer: ((bytes: never) => unknown) | undefined;
  /** Decides on retries of steps whose component has no option `retryOnFailure`. */
  readonly retry: RetryCallback | undefined;
}

/** The name of a single return value without a name. */
export const DEFAULT_RETURN_VALUE = 'return_object';

/** @throws OptionError */
export function declareComponent(
  options: unknown,
  meta: Pick<ComponentMeta, 'id' | 'name'>,
): DeclaredComponent {
  const reader = readOptions(options, 'component', meta.name, COMPONENT_OPTIONS);
  const { owner } = reader;
  reader.requireFalse(
    'autoConnectFrameworks',
    'Headrace patches no framework: report with currentStep().logger. The option can only be false',
  );
  reader.requireFalse(
    'autoConnectArgParser',
    "a step's parameters are always recorded. The option can only be false",
  );
  checkHelpers(reader.get('helperFunctions'), owner);

  const callbacks = callbacksOf(reader);
  const raw: Record<string, unknown> = { id: meta.id, name: meta.name, ...reader.data() };
  const retry = reader.get('retryOnFailure');
  if (typeof retry === 'function') callbacks.retry = retry;
  else if (retry !== undefined) raw.retryOnFailure = toPlainData(retry, 'retryOnFailure', owner);
  const behaviour = continueBehaviourOf(reader);
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
  const reader = readOptions(options, 'pipeline', meta.name, PIPELINE_OPTIONS);
  const serializer = reader.function('artifactSerializer');
  const deserializer = reader.function('artifactDeserializer');
  if ((serializer === undefined) !== (deserializer === undefined)) {
    const [present, missing] =
      serializer === undefined
        ? ['artifactDeserializer', 'artifactSerializer']
        : ['artifactSerializer', 'artifactDeserializer'];
    throw new OptionError(
      present,
      reader.owner,
      `it needs ${missing} beside it: one must read what the other writes`,
    );
  }
  const retries = reader.get('retryOnFailure');
  const retry = typeof retries === 'function' ? (retries as RetryCallback) : undefined;
  const raw = {
    name: meta.name,
    ...reader.data(),
    hasSerializer: serializer !== undefined,
    hasDeserializer: deserializer !== undefined,
    ...(retries === undefined || retry !== undefined
      ? {}
      : { retryOnFailure: toPlainData(retries, 'retryOnFailure', reader.owner) }),
  };
  return { raw, serializer, deserializer, retry };
}

/** The callbacks that have an option of their own, by kind. */
function callbacksOf(reader: OptionReader): Record<string, unknown> {
  const callbacks: Record<string, unknown> = {};
  for (const [option, traits] of Object.entries(COMPONENT_OPTIONS)) {
    if (traits.form !== 'callback') continue;
    const callback = reader.function(option);
    if (callback !== undefined) callbacks[traits.kind] = callback;
  }
  return callbacks;
}

/**
 * `continueBehaviour` with the short form `continueOnFail` merged into it; undefined if neither is
 * set.
 */
function continueBehaviourOf(reader: OptionReader): unknown {
  const { owner } = reader;
  const shortForm = reader.get('continueOnFail');
  const longForm = reader.get('continueBehaviour');
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
  const fields: readonly string[] = CONTINUE_BEHAVIOUR_FIELDS;
  for (const key of Object.keys(behaviour)) {
    if (!fields.includes(key))
      throw new OptionError(
        `continueBehaviour.${key}`,
        owner,
        `there is no such option; there are ${fields.join(', ')}`,
      );
  }
  if (shortForm !== undefined && 'continueOnFail' in behaviour)
    throw new OptionError('continueOnFail', owner, 'continueBehaviour has it, too: set it once');
  return shortForm === undefined
    ? behaviour
    : { ...behaviour, continueOnFail: toPlainData(shortForm, 'continueOnFail', owner) };
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
    'a list of functions is expected. The option can be omitted: the bundler finds the functions',
  );
}
