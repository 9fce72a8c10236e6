/**
 * The object store in memory.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Objects } from '../../src/aws/storage/s3-objects.ts';
import {
  type ObjectInfo,
  ObjectMissingError,
  type ObjectRange,
  type Objects,
  ObjectTooLargeError,
} from '../../src/ports/objects.ts';

export class MemoryObjects implements Objects {
  readonly #contents = new Map<string, Uint8Array>();

  async put(key: string, content: Uint8Array | Readable): Promise<ObjectInfo> {
    const bytes = content instanceof Uint8Array ? content.slice() : await collect(content);
    this.#contents.set(key, bytes);
    return { size: bytes.byteLength, hash: createHash('sha256').update(bytes).digest('hex') };
  }

  async putIfAbsent(key: string, content: Uint8Array): Promise<void> {
    if (!this.#contents.has(key)) this.#contents.set(key, content.slice());
  }

  async get(key: string, maxBytes: number): Promise<Uint8Array> {
    const content = this.content(key);
    if (content.byteLength > maxBytes)
      throw new ObjectTooLargeError(key, content.byteLength, maxBytes);
    return content.slice();
  }

  /** All keys, in the order in which they were first written. */
  keys(): readonly string[] {
    return [...this.#contents.keys()];
  }

  async slice(key: string, from: number, to: number): Promise<Uint8Array> {
    return this.content(key).slice(from, Math.max(from, to));
  }

  async stream(key: string, { from, to }: Partial<ObjectRange> = {}): Promise<Readable> {
    return Readable.from([this.content(key).slice(from, to)]);
  }

  async exists(key: string): Promise<boolean> {
    return this.#contents.has(key);
  }

  async size(key: string): Promise<number | undefined> {
    return this.#contents.get(key)?.byteLength;
  }

  async remove(prefix: string, kept: ReadonlySet<string> = new Set()): Promise<void> {
    for (const key of [...this.#contents.keys()])
      if (key.startsWith(prefix) && !kept.has(key)) this.#contents.delete(key);
  }

  /** @throws ObjectMissingError */
  content(key: string): Uint8Array {
    const content = this.#contents.get(key);
    if (content === undefined) throw new ObjectMissingError(key);
    return content;
  }
}

async function collect(stream: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return new Uint8Array(Buffer.concat(chunks));
}

/**
 * The objects with the additional functions of the store in AWS: URLs and ranges.
 *
 * @param urlOf the URL for reading and writing a key
 */
export const asS3Objects = (objects: MemoryObjects, urlOf: (key: string) => string): S3Objects => ({
  put: (key, content) => objects.put(key, content),
  putIfAbsent: (key, content) => objects.putIfAbsent(key, content),
  get: (key, maxBytes) => objects.get(key, maxBytes),
  stream: (key) => objects.stream(key),
  exists: (key) => objects.exists(key),
  size: (key) => objects.size(key),
  remove: (prefix, kept) => objects.remove(prefix, kept),
  slice: async (key, from, to) =>
    (await objects.get(key, Number.POSITIVE_INFINITY)).slice(from, to),
  readUrl: async (key) => urlOf(key),
  writeUrl: async (key) => urlOf(key),
});
