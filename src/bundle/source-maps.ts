/**
 * The source maps of a pipeline's bundles. They are stored beside the bundles, as one document, so
 * that the hash of the code does not depend on lines and comments of the source.
 *
 * @module
 */
import { decode, encode } from '@jridgewell/sourcemap-codec';
import type { SourceMaps } from '../model/source-maps.ts';
import type { SourceModule } from './source-module.ts';
import { type Slice, sourceOffset } from './traced-text.ts';

/** More text than this is left out; then errors are shown without the code around them. */
const MAX_SOURCES_LENGTH = 4 * 2 ** 20;

/** The map from a bundle to the printed modules of which rolldown made it. */
export interface PrintedMap {
  /** Absolute files. */
  readonly sources: readonly string[];
  readonly mappings: string;
  /** The modules by file; others are no files of the user. */
  readonly modules: ReadonlyMap<string, PrintedSource>;
}

interface PrintedSource {
  readonly module: SourceModule;
  readonly text: string;
  readonly slices: readonly Slice[];
}

/** @param maps by the hash of the bundle */
export function sourceMapsOf(maps: ReadonlyMap<string, PrintedMap>): SourceMaps {
  const indices = new Map<string, number>();
  const sources: { file: string; content: string }[] = [];
  const bundles: Record<string, SourceMaps['bundles'][string]> = {};
  for (const [hash, map] of [...maps].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { mappings, modules } = originalMappings(map);
    bundles[hash] = {
      mappings,
      sources: modules.map(({ id, text }) => {
        const index = indices.get(id) ?? sources.push({ file: id, content: text }) - 1;
        indices.set(id, index);
        return index;
      }),
    };
  }
  const length = sources.reduce((sum, { content }) => sum + content.length, 0);
  return {
    sources: length <= MAX_SOURCES_LENGTH ? sources : sources.map(({ file }) => ({ file })),
    bundles,
  };
}

/** From the positions in printed modules to those in the files. */
function originalMappings({ sources, mappings, modules }: PrintedMap) {
  const tracers = sources.map((file) => {
    const known = modules.get(file);
    return known === undefined ? undefined : { module: known.module, trace: tracerOf(known) };
  });
  const used: SourceModule[] = [];
  const lines = decode(mappings).map((segments) => {
    const traced: ([number] | [number, number, number, number])[] = [];
    let isMapped = false;
    for (const [column, source, line, sourceColumn] of segments) {
      const tracer = source === undefined ? undefined : tracers[source];
      const position =
        line === undefined || sourceColumn === undefined
          ? undefined
          : tracer?.trace(line, sourceColumn);
      if (tracer === undefined || position === undefined) {
        if (isMapped) traced.push([column]);
        isMapped = false;
        continue;
      }
      if (!used.includes(tracer.module)) used.push(tracer.module);
      traced.push([column, used.indexOf(tracer.module), position.line, position.column]);
      isMapped = true;
    }
    return traced;
  });
  return { mappings: encode(lines), modules: used };
}

interface LineAndColumn {
  readonly line: number;
  readonly column: number;
}

/** Traces a position (from 0) of a printed module. */
function tracerOf({
  module,
  slices,
  text,
}: PrintedSource): (line: number, column: number) => LineAndColumn | undefined {
  const printedStarts = lineStarts(text);
  const starts = lineStarts(module.text);
  return (line, column) => {
    const offset = sourceOffset(slices, (printedStarts[line] ?? 0) + column);
    return offset === undefined ? undefined : lineAndColumn(starts, offset);
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineAndColumn(starts: readonly number[], offset: number): LineAndColumn {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return { line: low - 1, column: offset - (starts[low - 1] ?? 0) };
}
