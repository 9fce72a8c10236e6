/**
 * Previews of the arguments of a call: short texts by parameter name, for views.
 *
 * @module
 */
import { z } from 'zod';
import type { Signature } from './code.ts';

export const argumentPreviewSchema = z.object({
  name: z.string(),
  /** As in source text, shortened: `0.1`, `"iris"`, `split.train` for the result of a step. */
  value: z.string(),
  /** The value before the pre-execute callback changed it. */
  changedFrom: z.string().optional(),
});
export type ArgumentPreview = z.infer<typeof argumentPreviewSchema>;

const MAX_ARGUMENTS = 12;
const MAX_VALUE_LENGTH = 60;
const MAX_ITEMS = 8;
const MAX_DEPTH = 4;

/** A value that another step produces. */
export class StepReference {
  constructor(readonly name: string) {}
}

/** A value that is too large to be read for a preview. */
export class LargeValue {
  constructor(readonly preview: string) {}
}

type Path = readonly (string | number)[];

/** Places references at their paths in a list of arguments. */
export const placeReferences = (
  args: unknown[],
  refs: readonly { readonly path: Path; readonly name: string }[],
): void =>
  placeValues(
    args,
    refs.map(({ path, name }) => ({ path, value: new StepReference(name) })),
  );

/** Places values at their paths in a list of arguments. A path that leads nowhere is ignored. */
export function placeValues(
  args: unknown[],
  values: readonly { readonly path: Path; readonly value: unknown }[],
): void {
  for (const { path, value } of values) {
    let holder: unknown = args;
    for (const key of path.slice(0, -1))
      holder = typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined;
    const last = path.at(-1);
    if (typeof holder === 'object' && holder !== null && last !== undefined)
      Reflect.set(holder, last, value);
  }
}

/** The previews of a list of arguments, with the names of the parameters. */
export function argumentPreviews(
  args: readonly unknown[],
  signature: Pick<Signature, 'style' | 'rest'> & {
    readonly parameters: readonly { readonly name: string }[];
  },
): ArgumentPreview[] {
  const [only] = args;
  const entries: [string, unknown][] =
    signature.style === 'object' && isPlainObject(only)
      ? Object.entries(only)
      : args.map((value, index) => [parameterName(signature, index), value]);
  return entries
    .slice(0, MAX_ARGUMENTS)
    .map(([name, value]) => ({ name: shortened(name), value: shortened(textOf(value, 0)) }));
}

/** The previews after a callback changed arguments. */
export const changedPreviews = (
  before: readonly ArgumentPreview[],
  after: readonly ArgumentPreview[],
): ArgumentPreview[] =>
  after.map((preview) => {
    const old = before.find(({ name }) => name === preview.name);
    return old === undefined || old.value === preview.value
      ? preview
      : { ...preview, changedFrom: old.value };
  });

/** The previews before a callback changed arguments. */
export const originalPreviews = (previews: readonly ArgumentPreview[]): ArgumentPreview[] =>
  previews.map(({ name, value, changedFrom }) => ({ name, value: changedFrom ?? value }));

/** The name of the argument at a position; arguments of a rest parameter are numbered. */
export function parameterName(
  {
    parameters,
    rest,
  }: Pick<Signature, 'rest'> & { readonly parameters: readonly { readonly name: string }[] },
  index: number,
): string {
  const name = parameters[index]?.name;
  if (rest && index >= parameters.length - 1)
    return `${parameters.at(-1)?.name ?? ''}[${index - parameters.length + 1}]`;
  return name ?? `[${index}]`;
}

const shortened = (text: string): string =>
  text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH - 1)}…`;

function textOf(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, MAX_VALUE_LENGTH));
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : objectText(value, depth);
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}

function objectText(value: object, depth: number): string {
  if (value instanceof StepReference) return value.name;
  if (value instanceof LargeValue) return value.preview;
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`;
  if (value instanceof Map || value instanceof Set)
    return `${value.constructor.name}(${value.size})`;
  if (Array.isArray(value)) {
    if (depth >= MAX_DEPTH) return `[… ${value.length}]`;
    const items = value.slice(0, MAX_ITEMS).map((item) => textOf(item, depth + 1));
    if (value.length > MAX_ITEMS) items.push(`… ${value.length} in all`);
    return `[${items.join(', ')}]`;
  }
  if (depth >= MAX_DEPTH) return '{…}';
  const entries = Object.entries(value);
  const shown = entries
    .slice(0, MAX_ITEMS)
    .map(([key, item]) => `${key.slice(0, MAX_VALUE_LENGTH)}: ${textOf(item, depth + 1)}`);
  if (entries.length > MAX_ITEMS) shown.push('…');
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`;
}

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof StepReference) &&
  !(value instanceof Date) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof Map) &&
  !(value instanceof Set);
