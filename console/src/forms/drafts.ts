/**
 * Drafts: the values of a form while they are edited. A draft can hold a text that is no value yet,
 * such as `1e` in a field of a number.
 *
 * 1. The shape of a draft follows from the type of its parameter, never from the edited value.
 * 2. A value that the fields of its type cannot show is a draft of JSON text.
 *
 * @module
 */
import type { ParameterType } from '../../../src/model/code.ts';
import { inexactNumber } from '../../../src/model/exact-numbers.ts';
import type { Json } from '../../../src/model/json.ts';
import { findMismatch, isChoice, pathText } from '../../../src/model/parameter-types.ts';

export type Literal = string | number | boolean;
type ObjectType = Extract<ParameterType, { kind: 'object' }>;

/** The editor of a type: what a form shows for it. */
export type Editor =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'json' }
  | { readonly kind: 'choice'; readonly options: readonly Literal[] }
  /** The type or null. */
  | { readonly kind: 'nullable'; readonly of: ParameterType }
  | { readonly kind: 'list'; readonly of: ParameterType }
  | { readonly kind: 'object'; readonly properties: ObjectType['properties'] }
  /** No argument can be given. */
  | { readonly kind: 'none'; readonly type: string };

export type Draft =
  /** Not set: the default applies, or an optional property is missing. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'text' | 'number' | 'json'; readonly text: string }
  | { readonly kind: 'literal'; readonly value: Literal }
  | { readonly kind: 'null' }
  | { readonly kind: 'list'; readonly items: readonly Draft[] }
  | { readonly kind: 'object'; readonly properties: Readonly<Record<string, Draft>> };

export const ABSENT: Draft = { kind: 'absent' };

/** Lists with more items, and deeper values, are edited as JSON. */
const MAX_ITEMS = 50;
const MAX_DEPTH = 4;

export function editorOf(type: ParameterType, depth = 0): Editor {
  if (type.kind === 'boolean') return { kind: 'boolean' };
  if (isChoice(type)) return { kind: 'choice', options: literalsOf(type) };
  switch (type.kind) {
    case 'string':
      return { kind: 'text' };
    case 'number':
      return { kind: 'number' };
    case 'notJson':
      return { kind: 'none', type: type.type };
    case 'union':
      return unionEditor(type.of);
    case 'array':
      return depth < MAX_DEPTH && type.of.kind !== 'any'
        ? { kind: 'list', of: type.of }
        : { kind: 'json' };
    case 'object':
      return depth < MAX_DEPTH && type.properties.length > 0
        ? { kind: 'object', properties: type.properties }
        : { kind: 'json' };
    default:
      return { kind: 'json' };
  }
}

function unionEditor(members: readonly ParameterType[]): Editor {
  const others = members.filter(({ kind }) => kind !== 'null');
  const [first] = others;
  if (others.length === members.length || first === undefined) return { kind: 'json' };
  return { kind: 'nullable', of: others.length === 1 ? first : { kind: 'union', of: others } };
}

const literalsOf = (type: ParameterType): readonly Literal[] =>
  type.kind === 'literal' ? [type.value] : type.kind === 'union' ? type.of.flatMap(literalsOf) : [];

/** The draft of a value (1, 2). */
export function draftOf(value: Json | undefined, type: ParameterType, depth = 0): Draft {
  if (value === undefined) return ABSENT;
  return fieldDraft(value, editorOf(type, depth), depth) ?? jsonDraft(value);
}

export const jsonDraft = (value: Json): Draft => ({
  kind: 'json',
  text: JSON.stringify(value, undefined, 2),
});

/** The draft for the editor's own fields; undefined if they cannot show the value. */
function fieldDraft(value: Json, editor: Editor, depth: number): Draft | undefined {
  switch (editor.kind) {
    case 'text':
      return typeof value === 'string' ? { kind: 'text', text: value } : undefined;
    case 'number':
      return typeof value === 'number' ? { kind: 'number', text: String(value) } : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? { kind: 'literal', value } : undefined;
    case 'choice': {
      const literal = editor.options.find((option) => option === value);
      return literal === undefined ? undefined : { kind: 'literal', value: literal };
    }
    case 'nullable':
      return value === null ? { kind: 'null' } : draftOf(value, editor.of, depth);
    case 'list':
      return isList(value) && value.length <= MAX_ITEMS
        ? { kind: 'list', items: value.map((item) => draftOf(item, editor.of, depth + 1)) }
        : undefined;
    case 'object':
      return objectDraft(value, editor.properties, depth);
    default:
      return undefined;
  }
}

function objectDraft(
  value: Json,
  properties: ObjectType['properties'],
  depth: number,
): Draft | undefined {
  if (!isObject(value)) return undefined;
  const known = new Set(properties.map(({ name }) => name));
  if (Object.keys(value).some((key) => !known.has(key))) return undefined;
  return {
    kind: 'object',
    properties: Object.fromEntries(
      properties.map(({ name, type }) => [
        name,
        draftOf(Object.hasOwn(value, name) ? value[name] : undefined, type, depth + 1),
      ]),
    ),
  };
}

/** The draft with which a field starts that the user adds: an item, a property, a value not null. */
export function newDraft(type: ParameterType, depth = 0): Draft {
  const editor = editorOf(type, depth);
  switch (editor.kind) {
    case 'text':
      return { kind: 'text', text: '' };
    case 'number':
      return { kind: 'number', text: '' };
    case 'boolean':
      return { kind: 'literal', value: false };
    case 'choice': {
      const [first] = editor.options;
      return first === undefined ? ABSENT : { kind: 'literal', value: first };
    }
    case 'nullable':
      return { kind: 'null' };
    case 'list':
      return { kind: 'list', items: [] };
    case 'object':
      return {
        kind: 'object',
        properties: Object.fromEntries(
          editor.properties.map(({ name, optional, type: of }) => [
            name,
            optional ? ABSENT : newDraft(of, depth + 1),
          ]),
        ),
      };
    default:
      return { kind: 'json', text: '' };
  }
}

/** A part of a draft that is no value: its path, as in `[0].depth`, and the reason. */
export interface DraftProblem {
  readonly path: string;
  readonly detail: string;
}

/** What a draft stands for. `value` is undefined if nothing is set. */
export type DraftResult =
  | { readonly value: Json | undefined; readonly problem?: undefined }
  | { readonly problem: DraftProblem };

/** The value of a draft, checked against the type as the API checks it. */
export function readDraft(draft: Draft, type: ParameterType): DraftResult {
  const read = readPart(draft, []);
  if (read.problem !== undefined || read.value === undefined) return read;
  const mismatch = findMismatch(read.value, type, true);
  if (mismatch === undefined) return read;
  return {
    problem: {
      path: mismatch.path,
      detail: `expected ${mismatch.expected}, given ${mismatch.actual}`,
    },
  };
}

function readPart(draft: Draft, path: readonly (string | number)[]): DraftResult {
  const problem = (detail: string): DraftResult => ({ problem: { path: pathText(path), detail } });
  switch (draft.kind) {
    case 'absent':
      return { value: undefined };
    case 'text':
      return { value: draft.text };
    case 'literal':
      return { value: draft.value };
    case 'null':
      return { value: null };
    case 'number':
      return readNumber(draft.text, problem);
    case 'json':
      return readJson(draft.text, problem);
    case 'list': {
      const items: Json[] = [];
      for (const [index, item] of draft.items.entries()) {
        const read = readPart(item, [...path, index]);
        if (read.problem !== undefined) return read;
        items.push(read.value ?? null);
      }
      return { value: items };
    }
    case 'object': {
      const entries: [string, Json][] = [];
      for (const [name, property] of Object.entries(draft.properties)) {
        const read = readPart(property, [...path, name]);
        if (read.problem !== undefined) return read;
        if (read.value !== undefined) entries.push([name, read.value]);
      }
      return { value: Object.fromEntries(entries) };
    }
  }
}

type Refuse = (detail: string) => DraftResult;

function readNumber(text: string, problem: Refuse): DraftResult {
  const trimmed = text.trim();
  if (trimmed === '') return problem('a number is missing');
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(trimmed))
    return problem(`${JSON.stringify(trimmed)} is not a number, such as 12, 0.2 or 3e-4`);
  const inexact = inexactNumber(trimmed);
  return inexact === undefined ? { value: Number(trimmed) } : problem(`given ${inexact}`);
}

function readJson(text: string, problem: Refuse): DraftResult {
  if (text.trim() === '') return problem('JSON is missing');
  const inexact = inexactNumber(text);
  try {
    const value: Json = JSON.parse(text);
    return inexact === undefined ? { value } : problem(`given ${inexact}`);
  } catch (error) {
    return problem(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
