/**
 * Traces errors of debug mode to the user's files, with the source map in the bundle of debug mode.
 *
 * @module
 */
import { basename, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { PositionTracer } from '../model/source-maps.ts';

const inlineMapSchema = z.object({
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string().nullable()).default([]),
  mappings: z.string(),
});

/** @param path the file of the bundle */
export function debugTracer(text: string, path: string, projectRoot: string): PositionTracer {
  const [, encoded] =
    /\/\/# sourceMappingURL=data:application\/json[^,]*;base64,(\S+)\s*$/.exec(text) ?? [];
  if (encoded === undefined) return new PositionTracer({ sources: [], bundles: {} });
  const { sources, sourcesContent, mappings } = inlineMapSchema.parse(
    JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')),
  );
  return new PositionTracer({
    sources: sources.map((source, index) => ({
      file: projectFile(source, projectRoot),
      content: sourcesContent[index] ?? undefined,
    })),
    bundles: {
      [basename(path, '.mjs')]: { sources: sources.map((_, index) => index), mappings },
    },
  });
}

const projectFile = (source: string, projectRoot: string): string =>
  source.startsWith('file:')
    ? relative(projectRoot, fileURLToPath(source)).split(sep).join('/')
    : source;
