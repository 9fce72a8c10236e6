/**
 * Reads the options that a user passes to `component` or `pipeline`: refuses unknown options, and
 * copies options that are data.
 *
 * Pure and without zod, because it is part of the bundle for the evaluator's context.
 *
 * @module
 */
import type { OptionTraits } from '../model/option-table.ts';
import { OptionError } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/** Options of ClearML that Headrace does not have, and what to do instead. */
const UNSUPPORTED_OPTIONS: Readonly<Record<string, string>> = {
  outputUri:
    'artifacts and models are in the home or in the bucket of the deployment, where every view finds them: copy a file with `headrace artifacts get`, or write it to another place in a step',
  multiInstanceSupport: 'it is not needed: any number of runs of a pipeline can run at once',
  startControllerLocally:
    'call PipelineDecorator.runLocally() before the pipeline to run it on this machine, or set pipelineExecutionQueue to null to evaluate only its logic in this process',
  skipGlobalImports: 'a bundle contains exactly the imports that its code reaches',
  enableLocalImports: 'imports of local files are always bundled',
  artifactSerializationFunction: 'in Headrace it is called artifactSerializer',
  artifactDeserializationFunction: 'in Headrace it is called artifactDeserializer',
};

type OptionTable = Readonly<Record<string, OptionTraits>>;

export interface OptionReader {
  /** How error messages name the component or pipeline, as in `component train`. */
  readonly owner: string;
  /** The option's value; undefined if it is not set. */
  get(option: string): unknown;
  /** A copy of all options that are data and are set. @throws OptionError */
  data(): Record<string, unknown>;
  /** @throws OptionError if the option is set and is not a function */
  function(option: string): ((value: never) => unknown) | undefined;
  /** @throws OptionError with the reason if the option is set and is not `false` */
  requireFalse(option: string, reason: string): void;
}

/**
 * @param name the name by the source; the option `name` has precedence
 * @throws OptionError if an option is unknown
 */
export function readOptions(
  options: unknown,
  kind: 'component' | 'pipeline',
  name: string,
  table: OptionTable,
): OptionReader {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OptionError(
      '(all)',
      `${kind} ${name}`,
      `the first argument of ${kind}(…) is an object of options, this is ${typeName(options)}`,
    );
  }
  const values = new Map(Object.entries(options).filter(([, value]) => value !== undefined));
  const nameOption = values.get('name');
  const owner = `${kind} ${typeof nameOption === 'string' ? nameOption : name}`;
  refuseUnknown(values, table, owner);
  return {
    owner,
    get: (option) => values.get(option),
    data() {
      const copies: Record<string, unknown> = {};
      for (const [option, { form }] of Object.entries(table)) {
        const value = values.get(option);
        if (form === 'data' && value !== undefined)
          copies[option] = toPlainData(value, option, owner);
      }
      return copies;
    },
    function(option) {
      const value = values.get(option);
      if (value === undefined || isFunction(value)) return value;
      throw new OptionError(option, owner, `a function is expected, this is ${typeName(value)}`);
    },
    requireFalse(option, reason) {
      const value = values.get(option);
      if (value !== undefined && value !== false) throw new OptionError(option, owner, reason);
    },
  };
}

function refuseUnknown(
  values: ReadonlyMap<string, unknown>,
  table: OptionTable,
  owner: string,
): void {
  const known = Object.keys(table);
  const unknown = [...values.keys()].filter((option) => !known.includes(option));
  const [first, ...others] = unknown;
  if (first === undefined) return;
  const also = others.map((option) => `${option}: ${adviceFor(option, known)}`);
  throw new OptionError(first, owner, [adviceFor(first, known), ...also].join('; '));
}

function adviceFor(option: string, known: readonly string[]): string {
  const advice = UNSUPPORTED_OPTIONS[option];
  if (advice !== undefined && Object.hasOwn(UNSUPPORTED_OPTIONS, option)) return advice;
  const nearest = nearestName(option, known);
  return `there is no such option${nearest === undefined ? `; there are ${[...known].sort().join(', ')}` : `, did you mean ${nearest}?`}`;
}

const isFunction = (value: unknown): value is (value: never) => unknown =>
  typeof value === 'function';

/**
 * A copy of a value that can be JSON: options leave the evaluator's context as text. @throws
 * OptionError
 */
export function toPlainData(value: unknown, path: string, owner: string): unknown {
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

/** The type of a value, as part of a sentence. */
export const typeName = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;
