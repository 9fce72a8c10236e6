/**
 * A bucket of S3 in memory, with the requests of the ports and of presigned URLs.
 *
 * @module
 */
import { NoSuchKey, NotFound, S3ServiceException } from '@aws-sdk/client-s3';
import type { Ledger } from '../ledger.ts';

export interface StoreInput {
  readonly Key?: string;
  readonly Body?: Uint8Array;
  readonly Range?: string;
  readonly IfNoneMatch?: string;
}

export class MemoryStore {
  readonly #objects = new Map<string, Uint8Array>();
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  handle(command: string, { Key = '', Body, Range, IfNoneMatch }: StoreInput, by: string): object {
    switch (command) {
      case 'PutObjectCommand':
        this.#ledger.add('S3', 'PutObject', by, { 's3.put': 1 });
        if (IfNoneMatch === '*' && this.#objects.has(Key)) {
          throw new S3ServiceException({
            name: 'PreconditionFailed',
            $fault: 'client',
            $metadata: { httpStatusCode: 412 },
            message: 'the object exists',
          });
        }
        this.#objects.set(Key, Body ?? new Uint8Array());
        return {};
      case 'GetObjectCommand': {
        this.#ledger.add('S3', 'GetObject', by, { 's3.get': 1 });
        const content = this.#objects.get(Key);
        if (content === undefined)
          throw new NoSuchKey({
            $metadata: { httpStatusCode: 404 },
            message: 'there is no such object',
          });
        const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(Range ?? '') ?? [];
        const part = from === undefined ? content : content.subarray(Number(from), Number(to) + 1);
        return { Body: { transformToByteArray: async () => part }, ContentLength: part.byteLength };
      }
      case 'HeadObjectCommand':
        this.#ledger.add('S3', 'HeadObject', by, { 's3.get': 1 });
        if (!this.#objects.has(Key))
          throw new NotFound({
            $metadata: { httpStatusCode: 404 },
            message: 'there is no such object',
          });
        return {};
      default:
        throw new Error(`the in-memory bucket does not implement ${command}`);
    }
  }

  /** Handles a request to a presigned URL. */
  async fetch(url: URL, init: RequestInit | undefined, by: string): Promise<Response> {
    const key = decodeURIComponent(url.pathname.slice(1));
    if (init?.method === 'PUT') {
      this.handle(
        'PutObjectCommand',
        { Key: key, Body: new Uint8Array(await new Response(init.body ?? null).arrayBuffer()) },
        by,
      );
      return new Response();
    }
    this.#ledger.add('S3', 'GetObject', by, { 's3.get': 1 });
    const content = this.#objects.get(key);
    return content === undefined
      ? new Response('', { status: 404 })
      : new Response(Buffer.from(content));
  }
}
