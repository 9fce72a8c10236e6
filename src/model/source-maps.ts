/**
 * Traces positions in bundles back to the user's files.
 *
 * 1. A stack names only the user's files, relative to the project: frames of packages, of Node.js
 *    and of Headrace are left out.
 * 2. Source maps come from users. A map that is damaged or too large has no effect.
 *
 * @module
 */
import { SourceMap } from 'node:module';
import type { ErrorRecord } from './errors.ts';
import { MAX_CODE_FRAME_LENGTH, MAX_ERROR_STACK_LENGTH, MAX_FILE_PATH_LENGTH } from './limits.ts';
import { truncate } from './truncate.ts';

/** The source maps of all bundles of a pipeline: one document, so that each source is in it once. */
export interface SourceMaps {
  /** `content` is absent if all sources together are too large. */
  readonly sources: readonly { readonly file: string; readonly content?: string | undefined }[];
  /** By the hash of the bundle. `sources` are indices; `mappings` are those of a source map. */
  readonly bundles: Readonly<
    Record<string, { readonly sources: readonly number[]; readonly mappings: string }>
  >;
}

/** The name of the logic's file in stacks. */
export const LOGIC_FILE_NAME = 'pipeline-logic';

const MAX_FRAMES = 30;
const MAX_CAUSES = 10;
const CONTEXT_LINES = 2;
const MAX_LINE_LENGTH = 120;

interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export class PositionTracer {
  readonly #maps: SourceMaps;
  readonly #logic: string | undefined;
  readonly #parsed = new Map<string, SourceMap | undefined>();

  /** @param logic the hash of the logic's bundle */
  constructor(maps: SourceMaps, logic?: string) {
    this.#maps = maps;
    this.#logic = logic;
  }

  /**
   * The error, and the errors behind it, with the user's positions: the stack, the first position,
   * and the code around it. A record whose positions are traced already stays as it is.
   */
  trace(record: ErrorRecord, depth = 0): ErrorRecord {
    const { stack, cause } = record;
    const tracedCause =
      cause === undefined || depth >= MAX_CAUSES ? cause : this.trace(cause, depth + 1);
    const errors =
      depth >= MAX_CAUSES
        ? record.errors
        : record.errors?.map((error) => this.trace(error, depth + 1));
    const withCause = {
      ...record,
      ...(tracedCause === undefined ? {} : { cause: tracedCause }),
      ...(errors === undefined ? {} : { errors }),
    };
    if (stack === undefined || record.location !== undefined) return withCause;
    const frames = this.#frames(stack);
    const [first] = frames;
    const head = `${record.name}: ${record.message}`;
    const lines = frames.map(
      ({ name, file, line, column }) =>
        `    at ${name === '' ? '' : `${name} (`}${file}:${line}:${column}${name === '' ? '' : ')'}`,
    );
    const traced = {
      ...withCause,
      stack: truncate([head, ...lines].join('\n'), MAX_ERROR_STACK_LENGTH),
    };
    if (first === undefined) return traced;
    const location = { file: first.file, line: first.line, column: first.column };
    const codeFrame = this.#codeFrame(location);
    return { ...traced, location, ...(codeFrame === undefined ? {} : { codeFrame }) };
  }

  #frames(stack: string): (Position & { readonly name: string })[] {
    const frames: (Position & { readonly name: string })[] = [];
    for (const text of stack.split('\n')) {
      const [, name = '', path, line, column] =
        /^\s+at (?:(.*) \()?(?:async )?(.+?):(\d+):(\d+)\)?$/.exec(text) ?? [];
      if (path === undefined) continue;
      const position = this.#original(path, Number(line), Number(column));
      if (position !== undefined && frames.length < MAX_FRAMES)
        frames.push({ name: name.replace(INFERRED_NAME, ''), ...position });
    }
    return frames;
  }

  /** The position in a file of the user; undefined for other files. */
  #original(path: string, line: number, column: number): Position | undefined {
    const bundle = path === LOGIC_FILE_NAME ? this.#logic : BUNDLE_FILE.exec(path)?.[1];
    const map = bundle === undefined ? undefined : this.#mapOf(bundle);
    if (map === undefined) return isTraced(path) ? { file: path, line, column } : undefined;
    try {
      const entry = map.findEntry(line - 1, column - 1);
      if (!('originalSource' in entry) || entry.generatedLine !== line - 1) return undefined;
      const source = this.#maps.sources[Number(entry.originalSource)];
      return source === undefined || !(entry.originalLine >= 0 && entry.originalColumn >= 0)
        ? undefined
        : {
            file: truncate(source.file, MAX_FILE_PATH_LENGTH),
            line: entry.originalLine + 1,
            column: entry.originalColumn + 1,
          };
    } catch {
      return undefined;
    }
  }

  #mapOf(bundle: string): SourceMap | undefined {
    if (this.#parsed.has(bundle)) return this.#parsed.get(bundle);
    const map = Object.hasOwn(this.#maps.bundles, bundle)
      ? parsedMap(this.#maps.bundles[bundle])
      : undefined;
    this.#parsed.set(bundle, map);
    return map;
  }

  /** The lines around the position, with marks at its line and column. */
  #codeFrame({ file, line, column }: Position): string | undefined {
    const content = this.#maps.sources.find((source) => source.file === file)?.content;
    return content === undefined ? undefined : codeFrame(content, line, column);
  }
}

/** The lines around a position (from 1), with marks at its line and column. */
export function codeFrame(content: string, line: number, column: number): string | undefined {
  const lines = content.split('\n').map((text) => text.replace(/\r$/, ''));
  if (line < 1 || line > lines.length) return undefined;
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const width = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const text = (lines[number - 1] ?? '').replaceAll('\t', ' ');
    shown.push(
      `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${truncate(text, MAX_LINE_LENGTH)}`.trimEnd(),
    );
    if (number === line && column <= MAX_LINE_LENGTH)
      shown.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1))}^`);
  }
  return truncate(shown.join('\n'), MAX_CODE_FRAME_LENGTH);
}

/** A module of a step. A process that stays imports it with a query (`runner/modules.ts`). */
const BUNDLE_FILE = /([\w-]+)\.mjs(?:\?\d+)?$/;

/** The name of a function without one, as the engine infers it from its place in a declaration. */
const INFERRED_NAME = /^(?:async )?[\w$]+\.id(?: \[as fn\])?$/;

/** A path that this module wrote: relative, and of no package. */
const isTraced = (path: string): boolean =>
  !/^(?:[/\\]|[a-zA-Z][\w+.-]*:|<|native$|index \d|pipeline-logic$)|(?:^|[\\/])node_modules[\\/]/.test(
    path,
  ) && /\.[cm]?[jt]sx?$/.test(path);

function parsedMap(bundle: SourceMaps['bundles'][string] | undefined): SourceMap | undefined {
  if (bundle === undefined) return undefined;
  try {
    return new SourceMap({
      file: '',
      version: 3,
      sources: bundle.sources.map(String),
      sourcesContent: [],
      names: [],
      mappings: bundle.mappings,
      sourceRoot: '',
    });
  } catch {
    return undefined;
  }
}

/** Reads the text of a document; undefined if it is not one (2). */
export function parseSourceMaps(text: string): SourceMaps | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isSourceMaps(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isSourceMaps = (value: unknown): value is SourceMaps =>
  isRecord(value) &&
  Array.isArray(value.sources) &&
  value.sources.every(
    (source: unknown) =>
      isRecord(source) &&
      typeof source.file === 'string' &&
      (source.content === undefined || typeof source.content === 'string'),
  ) &&
  isRecord(value.bundles) &&
  Object.values(value.bundles).every(
    (bundle) =>
      isRecord(bundle) &&
      typeof bundle.mappings === 'string' &&
      Array.isArray(bundle.sources) &&
      bundle.sources.every((index: unknown) => typeof index === 'number'),
  );
