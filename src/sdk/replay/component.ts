/**
 * `component` in a pipeline's logic: a declaration, and the function that issues calls.
 *
 * @module
 */
import {
  type EncodedArguments,
  encodeArguments,
  MAX_WHOLE_LENGTH,
  NO_PARTS,
} from '../../codec/index.ts';
import { skippedNumbersOf, stepNumberOf } from '../../model/step-names.ts';
import type { Ref } from '../../model/value.ts';
import {
  type Callbacks,
  type ComponentMeta,
  declareComponent,
  type RawDeclaration,
} from '../declare.ts';
import { DeclarationError } from '../errors.ts';
import { Call } from './call.ts';
import { argumentsText, digestOf, recentParts } from './digest.ts';
import { Lazy, lazyTargetOf, lazyTuple } from './lazy.ts';
import { callContext, calls, ledger, phase, requireRun } from './session.ts';
import { unseenDeclaration } from './unseen-declaration.ts';

export interface Component {
  raw: RawDeclaration;
  readonly meta: ComponentMeta;
  callbacks: Callbacks;
  /** The number of calls so far. */
  callCount: number;
  /** Of the names of its steps. Known at its first call, when all components are declared. */
  skippedNumbers: readonly number[];
}

/** Every component that the bundle declares, in the order of declaration. */
export const components: Component[] = [];

/** Components that were called, by name. */
export const calledComponents = new Map<string, Component>();

/**
 * Calls of components with callbacks that are not settled: the history may still contain callbacks
 * of them.
 */
export const openCallsWithCallbacks = new Set<Call>();

const NO_REFS: readonly Ref[] = [];

/**
 * Whether all arguments are short primitive JSON values, as most are. The codec encodes them
 * equally, but more slowly.
 */
function arePlain(args: readonly unknown[]): boolean {
  for (const arg of args) {
    if (
      typeof arg === 'number'
        ? !Number.isFinite(arg) || Object.is(arg, -0)
        : typeof arg === 'string'
          ? arg.length > MAX_PLAIN_LENGTH
          : typeof arg !== 'boolean' && arg !== null
    )
      return false;
  }
  return true;
}

/** Even with an escape for each character, the argument is no large part. */
const MAX_PLAIN_LENGTH = MAX_WHOLE_LENGTH / 8;

function plainArguments(args: readonly unknown[]): EncodedArguments {
  const text = JSON.stringify(args);
  const data = { format: 'json', text } as const;
  return { data, parts: NO_PARTS, refs: NO_REFS, digestText: text };
}

type ComponentFunction = (...args: unknown[]) => Lazy | readonly Lazy[];

/**
 * Called by the bundle's code, in which the bundler has replaced the function by metadata.
 *
 * @throws OptionError
 * @throws DeclarationError
 */
export function component(options: unknown, _fn?: unknown, meta?: unknown): ComponentFunction {
  if (!isMeta(meta)) throw unseenDeclaration('component', meta);
  if (phase.current !== 'loading') {
    throw new DeclarationError(
      `component ${meta.name} was declared while the pipeline runs: declare it at the top level of a module`,
    );
  }
  const { call, declared } = componentFunction(options, meta);
  components.push(declared);
  return call;
}

/** The function that issues the calls of a component. @throws OptionError */
export function componentFunction(
  options: unknown,
  meta: ComponentMeta,
): { readonly call: ComponentFunction; readonly declared: Component } {
  const { raw, returnValues, callbacks } = declareComponent(options, meta);
  const declared: Component = { raw, meta, callbacks, callCount: 0, skippedNumbers: [] };
  const tupleLength =
    Array.isArray(returnValues) && returnValues.length > 1 ? returnValues.length : 0;
  const names = meta.style === 'positional' ? meta.parameters : undefined;

  const call: ComponentFunction = (...args) => {
    requireRun(raw.name);
    const encoded = arePlain(args)
      ? plainArguments(args)
      : encodeArguments(args, lazyTargetOf, names, recentParts);
    if (declared.callCount === 0) issueDeclaration(declared);
    const issued = new Call(
      callContext,
      calls.length,
      raw.name,
      stepNumberOf(declared.callCount++, declared.skippedNumbers),
      digestOf(raw.name, argumentsText(encoded)),
      tupleLength > 0,
    );
    calls.push(issued);
    if (Object.keys(declared.callbacks).length > 0) openCallsWithCallbacks.add(issued);
    ledger.call(issued.number, raw.name, issued.digest, encoded);
    return tupleLength > 0 ? lazyTuple(issued, tupleLength) : new Lazy(issued, null);
  };
  return { call, declared };
}

/** What components have from the pipeline, which is known when the run starts. */
export const pipelineDefaults: { retry: Callbacks['retry'] | undefined } = { retry: undefined };

/** A component without a `retryOnFailure` of its own has the pipeline's function. */
function adoptRetryCallback(declared: Component): void {
  const { retry } = pipelineDefaults;
  const { raw, callbacks } = declared;
  if (retry === undefined || callbacks.retry !== undefined || raw.retryOnFailure !== undefined)
    return;
  declared.callbacks = { ...callbacks, retry };
  declared.raw = { ...raw, callbacks: Object.keys(declared.callbacks) };
}

function issueDeclaration(declared: Component): void {
  const { name } = declared.raw;
  const known = calledComponents.get(name);
  if (known !== undefined) {
    throw new DeclarationError(
      `two components are called ${name}: ${String(known.meta.id)} and ${String(declared.meta.id)}. Give one of them another name, with the option name`,
    );
  }
  calledComponents.set(name, declared);
  adoptRetryCallback(declared);
  declared.skippedNumbers = skippedNumbersOf(
    name,
    components.map((other) => other.raw.name),
  );
  ledger.issue({
    kind: 'declare',
    component:
      declared.skippedNumbers.length === 0
        ? declared.raw
        : { ...declared.raw, skippedNumbers: declared.skippedNumbers },
  });
}

function isMeta(meta: unknown): meta is ComponentMeta {
  return (
    typeof meta === 'object' &&
    meta !== null &&
    'id' in meta &&
    'name' in meta &&
    'style' in meta &&
    'parameters' in meta &&
    Array.isArray(meta.parameters)
  );
}
