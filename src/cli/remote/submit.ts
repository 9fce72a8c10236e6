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
import { type Connection, isOnThisMachine } from './connection.ts';

const AT_ONCE = 8;

export interface Registered {
  readonly project: string;
  readonly pipeline: string;
  readonly version: string;
}

export async function register(
  { client, endpoint }: Connection,
  compiled: CompiledPipeline,
): Promise<Registered> {
  await upload({ client, endpoint }, compiled.texts);
  return await client.register({
    code: isOnThisMachine(endpoint) ? compiled.code : withoutPlaces(compiled.code),
    declaration: compiled.declaration,
    components: [...compiled.components],
    defaultQueue: compiled.defaultQueue,
  });
}

async function upload({ client }: Connection, texts: ReadonlyMap<string, string>): Promise<void> {
  const code = [...texts].map(([key, text]) => ({
    hash: createHash('sha256').update(text).digest('hex'),
    type: key.endsWith('.mjs') ? ('mjs' as const) : ('js' as const),
    size: Buffer.byteLength(text),
  }));
  for (let from = 0; from < code.length; from += 500) {
    const { items } = await client.uploads({ code: code.slice(from, from + 500) });
    const missing = items.flatMap(({ key, upload: link }) =>
      link === null ? [] : [{ link, text: texts.get(key) ?? '' }],
    );
    for (let i = 0; i < missing.length; i += AT_ONCE)
      await Promise.all(
        missing.slice(i, i + AT_ONCE).map(({ link, text }) => client.write(link, text)),
      );
  }
}

/** Where packages lie here is of no use elsewhere, and nobody's business. */
function withoutPlaces(code: PipelineCode): PipelineCode {
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
