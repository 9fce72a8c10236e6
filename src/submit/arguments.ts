/**
 * Reads a run's arguments by parameter name, from texts of a command line or values of a program.
 *
 * 1. Texts are read as `argument-texts.ts` describes.
 * 2. A missing argument gets the default of the source if that is a literal. Otherwise it stays
 *    missing, and the function's own default applies.
 * 3. An argument that is unknown, missing, repeated, ill-typed or in another section is a
 *    `UsageError`.
 *
 * @module
 */
import {
  type ArgsMap,
  DEFAULT_SECTION,
  expectation,
  isRestParameter,
  readArgumentText,
} from '../model/argument-texts.ts';
import type { Parameter, Signature } from '../model/code.ts';
import { findJsonIssue, type Json, type JsonObject } from '../model/json.ts';
import { MAX_ARGUMENTS_BYTES } from '../model/limits.ts';
import { effectiveType, findMismatch, pathText } from '../model/parameter-types.ts';
import { toJson } from '../model/to-json.ts';
import { utf8Length } from '../model/utf8-length.ts';
import {
  ArgsMapError,
  ArgumentsTooLargeError,
  IllTypedArgumentError,
  MalformedArgumentError,
  MissingArgumentError,
  RepeatedArgumentError,
  TooManyArgumentsError,
  UnknownArgumentError,
  WrongSectionError,
} from './errors.ts';

/**
 * Reads arguments from texts of the form `name=value` or `Section/name=value`.
 *
 * @param base the arguments of parameters that no text names, as of an earlier run
 * @param encoded the names of those in `base` that have no form in JSON
 * @example parseArguments(['url=https://example.org', 'General/testSize=0.2'], signature, {
 *   General: ['testSize'] })
 */
export function parseArguments(
  texts: readonly string[],
  signature: Signature,
  argsMap: ArgsMap,
  base: JsonObject = {},
  encoded: readonly string[] = [],
): JsonObject {
  const given = readTexts(texts, signature, argsMap);
  requireKnown(base, signature);
  const args = new Map([...Object.entries(base), ...given]);
  return withDefaults(
    args,
    signature,
    (name) => given.has(name),
    encoded.filter((name) => !given.has(name)),
  );
}

/**
 * Reads only what the texts name, without defaults. @throws UsageError as `parseArguments` does
 */
export function readTexts(
  texts: readonly string[],
  signature: Signature,
  argsMap: ArgsMap,
): ReadonlyMap<string, Json> {
  const argsByName = new Map<string, Json>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) throw new MalformedArgumentError(text);
    const parameter = findParameter(text.slice(0, equals).trim(), signature, argsMap);
    if (argsByName.has(parameter.name)) throw new RepeatedArgumentError(parameter.name);
    argsByName.set(
      parameter.name,
      parseValue(text.slice(equals + 1), parameter, isRestParameter(signature, parameter)),
    );
  }
  return argsByName;
}

/** Reads arguments from the values of a call such as `main(url, 3)`. `undefined` is missing. */
export function bindArguments(values: readonly unknown[], signature: Signature): JsonObject {
  const argsByName = new Map(
    bindNames(values, signature).map(([name, value]) => [name, checkedJson(name, value)]),
  );
  return withDefaults(argsByName, signature, () => false);
}

/** The values of a call by parameter name, without missing ones. @throws UsageError */
export const bindNames = (
  values: readonly unknown[],
  signature: Signature,
): readonly (readonly [name: string, value: unknown])[] =>
  (signature.style === 'object'
    ? bindObject(values, signature)
    : bindPositions(values, signature)
  ).filter(([, value]) => value !== undefined);

/**
 * Checks arguments by name and adds defaults: arguments of an API request, or of an earlier version
 * of the pipeline.
 *
 * @param encoded the names of arguments that have no form in JSON, whose types are not checked
 * @throws UsageError
 */
export function completeArguments(
  args: JsonObject,
  signature: Signature,
  encoded: readonly string[] = [],
  maxBytes = MAX_ARGUMENTS_BYTES,
): JsonObject {
  requireKnown(args, signature);
  return withDefaults(new Map(Object.entries(args)), signature, () => false, encoded, maxBytes);
}

/** @throws UnknownArgumentError */
function requireKnown(args: JsonObject, signature: Signature): void {
  const unknown = Object.keys(args).find((name) => !names(signature).includes(name));
  if (unknown !== undefined) throw new UnknownArgumentError(unknown, names(signature));
}

/** @throws ArgsMapError if `argsMap` names an unknown parameter, or one twice. */
export function checkArgsMap(pipeline: string, signature: Signature, argsMap: ArgsMap): void {
  const known = new Set(signature.parameters.map((parameter) => parameter.name));
  const seen = new Set<string>();
  for (const name of Object.values(argsMap).flat()) {
    if (!known.has(name))
      throw new ArgsMapError(
        pipeline,
        `names ${JSON.stringify(name)}, which is not one of its parameters: ${[...known].join(', ') || 'it has none'}`,
      );
    if (seen.has(name))
      throw new ArgsMapError(pipeline, `puts ${JSON.stringify(name)} into two sections`);
    seen.add(name);
  }
}

function findParameter(path: string, signature: Signature, argsMap: ArgsMap): Parameter {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const parameter = signature.parameters.find((each) => each.name === name);
  if (parameter === undefined) throw new UnknownArgumentError(path, names(signature));
  if (slash >= 0) {
    const section =
      Object.entries(argsMap).find(([, members]) => members.includes(name))?.[0] ?? DEFAULT_SECTION;
    if (path.slice(0, slash) !== section)
      throw new WrongSectionError(name, path.slice(0, slash), section);
  }
  return parameter;
}

function parseValue(text: string, parameter: Parameter, isRest: boolean): Json {
  const read = readArgumentText(text, parameter, isRest);
  if ('value' in read) return read.value;
  const hint = read.needsQuotes ? ` (a text needs quotes: --arg '${parameter.name}="…"')` : '';
  throw new IllTypedArgumentError(
    parameter.name,
    '',
    expectation(parameter),
    `${read.actual}${hint}`,
  );
}

function bindPositions(values: readonly unknown[], signature: Signature): [string, unknown][] {
  const parameters = signature.parameters;
  if (!signature.rest && values.length > parameters.length)
    throw new TooManyArgumentsError(values.length, names(signature));
  return parameters.map((parameter, index) => {
    if (!isRestParameter(signature, parameter)) return [parameter.name, values[index]];
    return [parameter.name, values.length > index ? values.slice(index) : undefined];
  });
}

function bindObject(values: readonly unknown[], signature: Signature): [string, unknown][] {
  if (values.length > 1) throw new TooManyArgumentsError(values.length, ['one object']);
  const value = values[0] ?? {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new IllTypedArgumentError(
      String(signature.parameters[0]?.name ?? 'options'),
      '',
      `one object with ${names(signature).join(', ')}`,
      String(value),
    );
  const entries = Object.entries(value);
  const unknown = entries.find(
    ([name, each]) => each !== undefined && !names(signature).includes(name),
  );
  if (unknown !== undefined) throw new UnknownArgumentError(unknown[0], names(signature));
  return entries;
}

/**
 * Adds defaults (2), and checks types and completeness. The result is in the order of the
 * parameters.
 *
 * @param isExact whether properties that the parameter's type does not name are refused
 */
function withDefaults(
  argsByName: ReadonlyMap<string, Json>,
  signature: Signature,
  isExact: (name: string) => boolean,
  encoded: readonly string[] = [],
  maxBytes = MAX_ARGUMENTS_BYTES,
): JsonObject {
  const named: [string, Json][] = [];
  for (const parameter of signature.parameters) {
    const value = argsByName.get(parameter.name);
    if (value !== undefined && encoded.includes(parameter.name)) {
      named.push([parameter.name, value]);
    } else if (value !== undefined) {
      const issue = findJsonIssue(value);
      if (issue !== undefined)
        throw new IllTypedArgumentError(
          parameter.name,
          pathText(issue.path),
          'JSON data',
          `data that is refused: ${issue.message}`,
        );
      const found = findMismatch(value, effectiveType(parameter), isExact(parameter.name));
      if (found !== undefined)
        throw new IllTypedArgumentError(
          parameter.name,
          found.path,
          found.path === '' ? expectation(parameter) : found.expected,
          found.actual,
        );
      named.push([parameter.name, value]);
    } else if (parameter.defaultValue !== undefined) {
      named.push([parameter.name, parameter.defaultValue]);
    } else if (!parameter.optional && !isRestParameter(signature, parameter)) {
      throw new MissingArgumentError(parameter.name, expectation(parameter), names(signature));
    }
  }
  const args = Object.fromEntries(named);
  requireSmall(args, maxBytes);
  return args;
}

/** @throws ArgumentsTooLargeError */
function requireSmall(args: JsonObject, maxBytes: number): void {
  const total = utf8Length(JSON.stringify(args));
  if (total <= maxBytes) return;
  const sizes = Object.entries(args).map(
    ([name, value]) => [name, JSON.stringify(value).length] as const,
  );
  const [largest = ['', 0]] = sizes.sort(([, a], [, b]) => b - a);
  throw new ArgumentsTooLargeError(largest[0], total);
}

function checkedJson(name: string, value: unknown): Json {
  const checked = toJson(value);
  if ('json' in checked) return checked.json;
  throw new IllTypedArgumentError(
    name,
    checked.path,
    'a JSON value (anything else is made by a component)',
    checked.actual,
  );
}

const names = (signature: Signature): string[] =>
  signature.parameters.map((parameter) => parameter.name);
