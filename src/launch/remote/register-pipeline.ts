/**
 * Registers a compiled pipeline at an API: uploads the code that the API lacks, then registers the
 * version.
 *
 * 1. Code is identified by its hash, so two processes may upload it at once. A process that crashes
 *    leaves only code that no version names.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Bundle, PipelineCode } from '../../model/code.ts';
import { PATCH_EXTENSION, SOURCE_MAPS_EXTENSION } from '../../model/object-layout.ts';
import { codeWithChildren } from '../../submit/children.ts';
import type { CompiledPipeline } from '../../submit/compile.ts';
import { requireUsableRepositories } from '../../submit/repositories.ts';
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
  if (!isLocalServer(endpoint)) requireUsableRepositories(allRepositories(compiled));
  await uploadCode({ client, endpoint }, compiled.texts);
  const register = (
    { declaration, components, defaultQueue }: CompiledPipeline,
    code: PipelineCode,
  ): Promise<RegisteredVersion> =>
    client.registerVersion({
      code: isLocalServer(endpoint) ? code : withoutLocalPaths(code),
      declaration,
      components: [...components],
      defaultQueue,
    });
  const code = await codeWithChildren(
    compiled,
    async (child, childCode) => (await register(child, childCode)).version,
  );
  return await register(compiled, code);
}

/** Those of the pipeline and of the pipelines that it calls. */
const allRepositories = ({
  repositories,
  children,
}: CompiledPipeline): CompiledPipeline['repositories'] => [
  ...repositories,
  ...children.flatMap(({ compiled }) => allRepositories(compiled)),
];

async function uploadCode(
  { client }: Connection,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  const code = [...texts].map(([key, text]) => ({
    hash: createHash('sha256').update(text).digest('hex'),
    type: codeTypeOf(key),
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

const CODE_TYPES = ['mjs', SOURCE_MAPS_EXTENSION, PATCH_EXTENSION] as const;

const codeTypeOf = (key: string): (typeof CODE_TYPES)[number] | 'js' =>
  CODE_TYPES.find((type) => key.endsWith(`.${type}`)) ?? 'js';

/** Removes the local paths of packages: another machine cannot use them, and they are private. */
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
