/**
 * Links for uploading content that is stored under its hash.
 *
 * @module
 */
import type { LinkDocument } from '../wire/values.ts';
import { linkDocument } from './documents.ts';
import type { ApiPorts } from './ports.ts';

export interface UploadRequest {
  readonly key: string;
  readonly hash: string;
  /** In bytes. */
  readonly size: number;
}

/** In the order of the requests. Null: the content is stored, and is not uploaded. */
export const uploadsOf = async (
  { objects, links }: Pick<ApiPorts, 'objects' | 'links'>,
  requests: readonly UploadRequest[],
): Promise<{ readonly key: string; readonly upload: LinkDocument | null }[]> =>
  await Promise.all(
    requests.map(async ({ key, hash, size }) => ({
      key,
      // Content of another size is damaged: it is uploaded again.
      upload:
        (await objects.size(key)) === size
          ? null
          : linkDocument(await links.write(key, { hash, size })),
    })),
  );
