/**
 * The arguments of a pipeline as texts, as a command line and a form have them, and the sections of
 * its parameters.
 *
 * 1. The argument of a text parameter is raw text; of any other parameter, JSON.
 * 2. The module and what it imports run in a browser, too: they need no schemas.
 *
 * @module
 */
import type { Parameter, Signature } from './code.ts';
import { inexactNumber } from './exact-numbers.ts';
import type { Json } from './json.ts';
import {
  effectiveType,
  findMismatch,
  isChoice,
  isText,
  previewJson,
  typeText,
} from './parameter-types.ts';

/**
 * The names of parameters by section, as a pipeline declares them. Other parameters are in `Args`.
 */
export type ArgsMap = Readonly<Record<string, readonly string[]>>;

/** The section of parameters that `argsMap` does not name. */
export const DEFAULT_SECTION = 'Args';

/** A section, and its parameters in the order of the function. */
export interface Section {
  readonly title: string;
  readonly parameters: readonly Parameter[];
}

/** The sections that have parameters; those without a section of their own come first. */
export function sectionsOf({ parameters }: Signature, argsMap: ArgsMap): readonly Section[] {
  const inSection = new Set(Object.values(argsMap).flat());
  const others = parameters.filter(({ name }) => !inSection.has(name));
  const declared = Object.entries(argsMap).map(([title, names]) => ({
    title,
    parameters: parameters.filter(({ name }) => names.includes(name)),
  }));
  return [{ title: DEFAULT_SECTION, parameters: others }, ...declared].filter(
    (section) => section.parameters.length > 0,
  );
}

/** Whether the parameter is a rest parameter, whose argument is a list of values. */
export const isRestParameter = (signature: Signature, parameter: Parameter): boolean =>
  signature.rest && signature.style === 'positional' && signature.parameters.at(-1) === parameter;

/** The values that a parameter accepts, as its type in the source or in words. */
export function expectation(parameter: Parameter): string {
  const type = effectiveType(parameter);
  return type.kind === 'any' && parameter.typeText !== undefined
    ? parameter.typeText
    : typeText(type);
}

/** A text that is no argument of its parameter: what it has instead. */
export interface UnreadableText {
  readonly actual: string;
  /** The text would be an argument if it were a quoted JSON text. */
  readonly needsQuotes: boolean;
}

/** The value that a text stands for (1). Whether it fits the type is checked later. */
export function readArgumentText(
  text: string,
  parameter: Parameter,
  isRest: boolean,
): { readonly value: Json } | UnreadableText {
  const type = effectiveType(parameter);
  if (!isRest && isText(type))
    return {
      value:
        isChoice(type) && findMismatch(text, type, true) !== undefined
          ? (parseJson(text) ?? text)
          : text,
    };
  const value = parseJson(text);
  if (value !== undefined) {
    const inexact = inexactNumber(text);
    return inexact === undefined ? { value } : { actual: inexact, needsQuotes: false };
  }
  const fitsAsText = findMismatch(text, type, true) === undefined;
  // A text that is one of several literals is unambiguous.
  if (isChoice(type) && fitsAsText) return { value: text };
  return { actual: `${previewJson(text)}, which is not JSON`, needsQuotes: fitsAsText };
}

/** The text that `readArgumentText` reads as this value. */
export const argumentTextOf = (value: Json, parameter: Parameter, isRest: boolean): string =>
  !isRest && typeof value === 'string' && isText(effectiveType(parameter))
    ? value
    : JSON.stringify(value);

function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
