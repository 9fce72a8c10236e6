/**
 * The arguments of a run by section, compared with the defaults and with another run.
 *
 * @module
 */
import type { ParameterType } from '../../../../../src/model/code.ts';
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
  readonly isSecret: boolean;
}

/** The section of arguments without one. */
const DEFAULT_SECTION = 'Args';

const SECRET =
  /(?:^|[^a-z])(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?|auth)(?:$|[^a-z])/iu;

/** Whether a value with this name is masked until the user shows it. */
export const isSecretName = (name: string): boolean =>
  SECRET.test(name.replaceAll(/([a-z\d])([A-Z])/gu, '$1_$2'));

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
      type: parameter === undefined ? '' : (parameter.typeText ?? typeText(parameter.type)),
      description: parameter?.description,
      value,
      defaultText: parameter?.defaultText,
      isDefault,
      other: otherValue,
      differs:
        other !== undefined &&
        canonicalText(other.args[name] ?? null) !== canonicalText(run.args[name] ?? null),
      isSecret: isSecretName(name),
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

/** A type as TypeScript writes it. */
export function typeText(type: ParameterType): string {
  switch (type.kind) {
    case 'literal':
      return typeof type.value === 'string' ? `'${type.value}'` : String(type.value);
    case 'union':
      return type.of.map(typeText).join(' | ');
    case 'array':
      return type.of.kind === 'union' ? `(${typeText(type.of)})[]` : `${typeText(type.of)}[]`;
    case 'tuple': {
      const items = type.of.map(
        (item, index) => `${typeText(item)}${index < type.required ? '' : '?'}`,
      );
      return `[${[...items, ...(type.rest === undefined ? [] : [`...${typeText(type.rest)}[]`])].join(', ')}]`;
    }
    case 'object':
      return `{ ${type.properties
        .map(
          (property) =>
            `${property.name}${property.optional ? '?' : ''}: ${typeText(property.type)}`,
        )
        .join('; ')} }`;
    case 'notJson':
      return type.type;
    default:
      return type.kind;
  }
}
