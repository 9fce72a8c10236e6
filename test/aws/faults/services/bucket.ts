/**
 * An S3 bucket in memory with path-style URLs: objects, ranges and conditional writes.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { AwsRequest } from '../calls.ts';
import { type Answer, failed } from './answer.ts';

export class Bucket {
  readonly #objects = new Map<string, Buffer>();

  /** The keys of all objects. */
  get keys(): readonly string[] {
    return [...this.#objects.keys()];
  }

  object(key: string): Buffer | undefined {
    return this.#objects.get(key);
  }

  answer({ method, url, headers, body }: AwsRequest): Answer {
    const key = decodeURIComponent(
      new URL(url, 'http://aws').pathname.split('/').slice(2).join('/'),
    );
    const object = this.#objects.get(key);
    if (method === 'PUT') {
      if (headers['if-none-match'] === '*' && object !== undefined)
        return failed(
          's3',
          412,
          'PreconditionFailed',
          'At least one of the pre-conditions you specified did not hold',
        );
      this.#objects.set(key, body);
      return {
        status: 200,
        headers: { etag: `"${createHash('md5').update(body).digest('hex')}"` },
        body: Buffer.alloc(0),
      };
    }
    if (object === undefined)
      return failed('s3', 404, 'NoSuchKey', 'The specified key does not exist.');
    if (method === 'HEAD')
      return {
        status: 200,
        headers: { 'content-length': String(object.length) },
        body: Buffer.alloc(0),
      };
    if (method !== 'GET') throw new Error(`the bucket in memory does not support ${method} ${url}`);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/u.exec(headers.range ?? '') ?? [];
    if (from === undefined || to === undefined) return { status: 200, headers: {}, body: object };
    const part = object.subarray(Number(from), Number(to) + 1);
    return {
      status: 206,
      headers: {
        'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${object.length}`,
      },
      body: part,
    };
  }
}
