/**
 * The arguments of a run by section, compared with the defaults and with another run.
 *
 * @module
 */
import { expectation } from '../../../../../src/model/argument-texts.ts';
import type { VersionDocument } from '../../../../../src/wire/pipelines.ts';
import type { RunDocument } from '../../../../../src/wire/runs.ts';
import { canonicalText } from '../args-digest.ts';

export interface ParameterRow {
  readonly name: string;
  readonly section: string;
  readonly type: string;
  readonly description: string | undefined;
  /** JSON, or the text that stands for a value without a form in JSON. */
  readonly value: string | undefined;
  /** As written in the source; undefined: it has none. */
  readonly defaultText: string | undefined;
  readonly isDefault: boolean;
  /** The value of the other run; undefined: it has none, or there is no other run. */
  readonly other: string | undefined;
  readonly differs: boolean;
}

/** The section of arguments without one. */
const DEFAULT_SECTION = 'Args';

type Arguments = Pick<RunDocument, 'args' | 'argsMap' | 'encodedArgs'>;
type Declared = Pick<VersionDocument, 'signature'>;

/** The rows, in the order of the parameters, then of arguments without a parameter. */
export function parameterRows(
  run: Arguments,
  version: Declared | undefined,
  other: Pick<RunDocument, 'args'> | undefined,
): readonly ParameterRow[] {
  const parameters = version?.signature?.parameters ?? [];
  const declared = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const names = new Set([...declared.keys(), ...Object.keys(run.args)]);
  return [...names].map((name) => {
    const parameter = declared.get(name);
    const isGiven = Object.hasOwn(run.args, name);
    const value = isGiven ? valueText(run, name) : undefined;
    const otherValue =
      other !== undefined && Object.hasOwn(other.args, name)
        ? textOfValue(other.args[name])
        : undefined;
    const isDefault =
      !isGiven ||
      (parameter?.defaultValue !== undefined &&
        canonicalText(parameter.defaultValue) === canonicalText(run.args[name]));
    return {
      name,
      section: sectionOf(run.argsMap, name),
      type: parameter === undefined ? '' : expectation(parameter),
      description: parameter?.description,
      value,
      defaultText: parameter?.defaultText,
      isDefault,
      other: otherValue,
      differs:
        other !== undefined &&
        (isGiven !== (otherValue !== undefined) ||
          (isGiven && canonicalText(other.args[name]) !== canonicalText(run.args[name]))),
    };
  });
}

/** The rows by section, in the order in which sections appear. */
export function sectionsOf(
  rows: readonly ParameterRow[],
): readonly (readonly [section: string, rows: readonly ParameterRow[]])[] {
  const sections = new Map<string, ParameterRow[]>();
  for (const row of rows) {
    const list = sections.get(row.section);
    if (list === undefined) sections.set(row.section, [row]);
    else list.push(row);
  }
  return [...sections];
}

const sectionOf = (argsMap: RunDocument['argsMap'], name: string): string =>
  Object.entries(argsMap).find(([, names]) => names.includes(name))?.[0] ?? DEFAULT_SECTION;

function valueText({ args, encodedArgs }: Arguments, name: string): string {
  const value = args[name];
  // The text stands for a value that has no form in JSON.
  return encodedArgs.includes(name) && typeof value === 'string' ? value : textOfValue(value);
}

const textOfValue = (value: unknown): string => JSON.stringify(value, null, 1) ?? 'undefined';
