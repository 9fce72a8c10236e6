/**
 * The form of a new run or a rerun: its fields by section, where their values come from, how they
 * differ, and what is sent.
 *
 * 1. A field is either not set, so that the default applies, or it has a draft. Only values that
 *    differ from the default are sent, in the address as well as to the API.
 * 2. In the address each argument is a text as `--arg` takes it, so that a link and a command have
 *    the same texts.
 *
 * @module
 */
import {
  type ArgsMap,
  argumentTextOf,
  DEFAULT_SECTION,
  expectation,
  isRestParameter,
  readArgumentText,
  sectionsOf,
} from '../../../src/model/argument-texts.ts';
import type { Parameter, ParameterType, Signature } from '../../../src/model/code.ts';
import type { Json, JsonObject } from '../../../src/model/json.ts';
import { effectiveType } from '../../../src/model/parameter-types.ts';
import { ABSENT, type Draft, draftOf, jsonDraft, readDraft } from './drafts.ts';

/** What a form of a pipeline is made of. */
export interface FormSource {
  readonly signature: Signature;
  readonly argsMap: ArgsMap;
  /** The arguments of another run, which the form starts with or compares with. */
  readonly earlier?: JsonObject | undefined;
}

export interface Field {
  readonly parameter: Parameter;
  /** The type of the whole argument: a rest parameter takes a list. */
  readonly type: ParameterType;
  /** The type in words, for the reader. */
  readonly expected: string;
  readonly section: string;
  readonly required: boolean;
  /** The value that applies if the field is not set; undefined if only the source knows it. */
  readonly defaultValue: Json | undefined;
  /** The value of the earlier run; undefined if there is none. */
  readonly earlier: Json | undefined;
}

/** The fields in the order of the page: by section, then as in the function. */
export function fieldsOf({ signature, argsMap, earlier }: FormSource): readonly Field[] {
  return sectionsOf(signature, argsMap).flatMap(({ title, parameters }) =>
    parameters.map((parameter) => {
      const isRest = isRestParameter(signature, parameter);
      return {
        parameter,
        type: effectiveType(parameter),
        expected: expectation(parameter),
        section: title,
        required: !parameter.optional && parameter.defaultValue === undefined && !isRest,
        defaultValue: parameter.defaultValue,
        earlier:
          earlier !== undefined && Object.hasOwn(earlier, parameter.name)
            ? earlier[parameter.name]
            : undefined,
      };
    }),
  );
}

/** Drafts by parameter name. */
export type Drafts = Readonly<Record<string, Draft>>;

/** The texts of arguments in an address, by parameter name. */
export type ArgumentTexts = Readonly<Record<string, string>>;

/**
 * The drafts with which the form starts: the texts of the address, else the values of the earlier
 * run, else the defaults. A text that is no value of its parameter is kept as JSON to be mended.
 */
export function initialDrafts(source: FormSource, texts: ArgumentTexts): Drafts {
  return Object.fromEntries(
    fieldsOf(source).map((field) => {
      const { parameter, type } = field;
      const text = Object.hasOwn(texts, parameter.name) ? texts[parameter.name] : undefined;
      if (text === undefined) return [parameter.name, draftOf(startValue(field), type)];
      const read = readArgumentText(text, parameter, isRestParameter(source.signature, parameter));
      return [parameter.name, 'value' in read ? draftOf(read.value, type) : { kind: 'json', text }];
    }),
  );
}

/** The value with which a field starts without a text of the address. `null` is a value. */
const startValue = ({ earlier, defaultValue }: Field): Json | undefined =>
  earlier === undefined ? defaultValue : earlier;

/** The state of one field. */
export interface FieldState {
  readonly field: Field;
  readonly draft: Draft;
  /** The value of the draft; undefined: it is not set, or there is a problem. */
  readonly value: Json | undefined;
  readonly problem: { readonly path: string; readonly detail: string } | undefined;
  /** It is set to another value than the default. */
  readonly differsFromDefault: boolean;
  /** The run will have another value than the earlier run. False without an earlier run. */
  readonly differsFromEarlier: boolean;
}

export interface FormState {
  readonly fields: readonly FieldState[];
  /** The arguments that are sent. */
  readonly args: JsonObject;
  readonly problems: number;
  readonly changesFromDefault: number;
  readonly changesFromEarlier: number;
}

export function formState(source: FormSource, drafts: Drafts): FormState {
  const fields = fieldsOf(source).map((field) =>
    fieldState(field, drafts[field.parameter.name] ?? ABSENT, source.earlier !== undefined),
  );
  return {
    fields,
    args: Object.fromEntries(
      fields.flatMap(({ field, value, differsFromDefault }) =>
        value === undefined || !differsFromDefault ? [] : [[field.parameter.name, value]],
      ),
    ),
    problems: count(fields, ({ problem }) => problem !== undefined),
    changesFromDefault: count(fields, (each) => each.differsFromDefault),
    changesFromEarlier: count(fields, (each) => each.differsFromEarlier),
  };
}

function fieldState(field: Field, draft: Draft, hasEarlier: boolean): FieldState {
  const read = readDraft(draft, field.type);
  const missing =
    read.problem === undefined && read.value === undefined && field.required
      ? { path: '', detail: `a value is required: ${field.expected}` }
      : undefined;
  const problem = read.problem ?? missing;
  const value = problem === undefined && read.problem === undefined ? read.value : undefined;
  const effective = value === undefined ? field.defaultValue : value;
  return {
    field,
    draft,
    value,
    problem,
    differsFromDefault: draft.kind !== 'absent' && !isSame(value, field.defaultValue),
    differsFromEarlier: hasEarlier && problem === undefined && !isSame(effective, field.earlier),
  };
}

/**
 * The arguments that a rerun replaces: the API keeps the others of the earlier run. A field that is
 * not set has its default if that is known; otherwise the earlier value stays.
 */
export const replacedArguments = ({ fields }: FormState): JsonObject =>
  Object.fromEntries(
    fields.flatMap(({ field, value = field.defaultValue }) =>
      value === undefined || isSame(value, field.earlier) ? [] : [[field.parameter.name, value]],
    ),
  );

const count = <T>(items: readonly T[], test: (item: T) => boolean): number =>
  items.filter(test).length;

/** Equal as JSON; the order of properties does not matter. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && isSame(value, right.get(key)))
  );
}

/**
 * The arguments as texts (2), for the address: those that differ from the values with which the form
 * starts without a text. A draft with a problem is left out.
 */
export function argumentTexts(source: FormSource, drafts: Drafts): ArgumentTexts {
  return Object.fromEntries(
    formState(source, drafts).fields.flatMap(({ field, value }) =>
      value === undefined || isSame(value, startValue(field))
        ? []
        : [
            [
              field.parameter.name,
              argumentTextOf(
                value,
                field.parameter,
                isRestParameter(source.signature, field.parameter),
              ),
            ],
          ],
    ),
  );
}

/** The draft as JSON text, for a reader who edits the whole value. */
export function asJson(draft: Draft, type: ParameterType): Draft {
  const read = readDraft(draft, type);
  return read.problem === undefined && read.value !== undefined
    ? jsonDraft(read.value)
    : { kind: 'json', text: draft.kind === 'json' ? draft.text : '' };
}

/** The JSON text as fields again; undefined if it is no value of the type. */
export function asFields(draft: Draft, type: ParameterType): Draft | undefined {
  const read = readDraft(draft, type);
  if (read.problem !== undefined) return undefined;
  const fields = draftOf(read.value, type);
  return fields.kind === 'json' ? undefined : fields;
}

/** `General/testSize=0.2` for `--arg`. */
export const argumentOption = (section: string, name: string, text: string): string =>
  `${section === DEFAULT_SECTION ? '' : `${section}/`}${name}=${text}`;
