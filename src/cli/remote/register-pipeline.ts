/**
 * A compiled pipeline goes to an API: what code it lacks is uploaded, the version is registered.
 *
 * 1. Code is known by its hash: of two that upload at once, both may; one that dies half-way has left nothing but code that nobody refers to.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Bundle, PipelineCode } from '../../model/code.ts';
import type { CompiledPipeline } from '../../submit/compile.ts';
import { type Connection, isLocalServer } from './connection.ts';

const MAX_CONCURRENT_UPLOADS = 8;

export interface RegisteredVersion {
  readonly project: string;
  readonly pipeline: string;
  readonly version: string;
}

export async function registerPipeline(
  { client, endpoint }: Connection,
  compiled: CompiledPipeline,
): Promise<RegisteredVersion> {
  await uploadCode({ client, endpoint }, compiled.texts);
  return await client.registerVersion({
    code: isLocalServer(endpoint) ? compiled.code : withoutLocalPaths(compiled.code),
    declaration: compiled.declaration,
    components: [...compiled.components],
    defaultQueue: compiled.defaultQueue,
  });
}

async function uploadCode(
  { client }: Connection,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  const code = [...texts].map(([key, text]) => ({
    hash: createHash('sha256').update(text).digest('hex'),
    type: key.endsWith('.mjs') ? ('mjs' as const) : ('js' as const),
    size: Buffer.byteLength(text),
  }));
  for (let from = 0; from < code.length; from += 500) {
    const { items } = await client.createUploads({ code: code.slice(from, from + 500) });
    const missing = items.flatMap(({ key, upload: link }) =>
      link === null ? [] : [{ link, text: texts.get(key) ?? '' }],
    );
    for (let i = 0; i < missing.length; i += MAX_CONCURRENT_UPLOADS)
      await Promise.all(
        missing
          .slice(i, i + MAX_CONCURRENT_UPLOADS)
          .map(({ link, text }) => client.writeLink(link, text)),
      );
  }
}

/** Where packages lie here is of no use elsewhere, and nobody's business. */
function withoutLocalPaths(code: PipelineCode): PipelineCode {
  const bundle = (each: Bundle): Bundle => ({ ...each, resolvedImports: {} });
  return {
    ...code,
    projectRoot: '',
    logic: bundle(code.logic),
    components: code.components.map((component) => ({
      ...component,
      bundle: bundle(component.bundle),
    })),
    serializers: code.serializers === null ? null : bundle(code.serializers),
  };
}
