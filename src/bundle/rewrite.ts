/**
 * Rewrites `component(…)` and `pipeline(…)` for each flavour of bundle.
 *
 * logic: `component(options, undefined, { id, name, style, parameters })`, `pipeline(options, fn, {
 * id, name })`; step: `component(undefined, undefined, { id, name })`, and pipelines alike; debug:
 * both whole, with the third argument added.
 *
 * @module
 */
import type { Declaration } from './declarations.ts';
import type { Edit } from './edits.ts';
import { isChildStub } from './omitted-ranges.ts';
import type { Analysis, Flavour } from './selection.ts';
import { serializerProperties } from './serializers.ts';
import { signatureOf } from './signature.ts';

/** The local names of Headrace's functions in rewritten modules. */
export const COMPONENT = '__headrace_component';
export const PIPELINE = '__headrace_pipeline';

const PURE = '/*@__PURE__*/';

export interface RewriteOptions {
  /** Pipelines whose deserializer cannot run in the logic, and why not. */
  readonly withoutDeserializer: ReadonlyMap<Declaration, string>;
  /** The pipeline whose logic is bundled. */
  readonly logicOf?: Declaration | undefined;
}

export function declarationEdits(
  analysis: Analysis,
  declaration: Declaration,
  flavour: Flavour,
  options: RewriteOptions,
): Edit[] {
  const { call, fn, kind, id, name, module } = declaration;
  if (module.opaque) return commonjsEdits(analysis, declaration, flavour);
  const callee = kind === 'component' ? COMPONENT : PIPELINE;
  if (flavour === 'step')
    return [
      {
        start: call.start,
        end: call.end,
        text: `${PURE} ${callee}(undefined, undefined, ${JSON.stringify({ id, name })})`,
      },
    ];
  if (isChildStub(declaration, options.logicOf))
    return [
      { start: call.callee.start, end: call.callee.end, text: `${PURE} ${callee}` },
      { start: fn.start, end: fn.end, text: 'undefined' },
      { start: fn.end, end: fn.end, text: `, ${JSON.stringify({ id, name, stub: true })}` },
      ...serializerProperties(declaration).map(({ property, key }) => ({
        ...rangeOf(property),
        text: `${key}: () => undefined`,
      })),
    ];
  const edits: Edit[] = [
    { start: call.callee.start, end: call.callee.end, text: `${PURE} ${callee}` },
    { start: fn.end, end: fn.end, text: `, ${metaText(analysis, declaration)}` },
  ];
  if (kind === 'component') edits.push({ start: fn.start, end: fn.end, text: 'undefined' });
  else edits.push(...serializerEdits(declaration, options.withoutDeserializer.get(declaration)));
  return edits;
}

/** CommonJS requires the functions of Headrace, so a call keeps its callee. */
function commonjsEdits(analysis: Analysis, declaration: Declaration, flavour: Flavour): Edit[] {
  const { call, options, fn, id, name, kind } = declaration;
  const [last = fn] = call.arguments.slice(-1);
  if (flavour === 'step')
    return [
      {
        start: options.start,
        end: last.end,
        text: `undefined, undefined, ${JSON.stringify({ id, name })}`,
      },
    ];
  const text = kind === 'component' ? 'undefined' : undefined;
  return [
    ...(text === undefined ? [] : [{ ...rangeOf(fn), text }]),
    { start: fn.end, end: fn.end, text: `, ${metaText(analysis, declaration)}` },
  ];
}

/** The third argument. */
export function metaText(analysis: Analysis, declaration: Declaration): string {
  const { kind, id, name } = declaration;
  if (kind === 'pipeline') return JSON.stringify({ id, name });
  const { style, parameters } = signatureOf(analysis.declarations.functionOf(declaration));
  return JSON.stringify({
    id,
    name,
    style,
    parameters: parameters.map((parameter) => parameter.name),
  });
}

/** Logic serializes nothing itself, so it only declares that a serializer exists. */
function serializerEdits(declaration: Declaration, brokenReason: string | undefined): Edit[] {
  const edits: Edit[] = [];
  for (const { property, key } of serializerProperties(declaration)) {
    if (key === 'artifactSerializer')
      edits.push({ ...rangeOf(property), text: `${key}: () => undefined` });
    else if (brokenReason !== undefined)
      edits.push({
        ...rangeOf(property),
        text: `${key}: () => { throw new Error(${JSON.stringify(brokenReason)}); }`,
      });
  }
  return edits;
}

const rangeOf = ({ start, end }: { start: number; end: number }) => ({ start, end });
