/**
 * The object store on S3.
 *
 * 1. An object appears when it is complete: a stream is uploaded in parts, and an interrupted
 *    upload leaves the previous object.
 * 2. `putIfAbsent` is a conditional write: the first of several concurrent writes is kept.
 * 3. A presigned URL gives access to one object until it expires, or until the session of the role
 *    that signed it ends.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { collectBytes } from '../../model/collect-bytes.ts';
import { HeadraceError } from '../../model/errors.ts';
import {
  type ObjectInfo,
  ObjectMissingError,
  type ObjectRange,
  type Objects,
  ObjectTooLargeError,
} from '../../ports/objects.ts';
import { fromS3Key, s3Prefixes, toS3Key } from './s3-key-escaping.ts';

export interface S3Objects extends Objects {
  /** A URL that reads the object. The object need not exist. */
  readUrl(key: string, seconds?: number): Promise<string>;
  /** A URL to which a PUT request writes the object. */
  writeUrl(key: string, seconds?: number): Promise<string>;
}

/** S3 did not remove some of the objects. */
export class ObjectsNotRemovedError extends HeadraceError {
  constructor(
    readonly prefix: string,
    reasons: readonly string[],
  ) {
    super(`some objects below ${prefix} could not be removed: ${reasons.join(', ')}`);
  }
}

/** S3 accepts 10,000 parts: 160 GB. The parts that are uploaded at the same time are in memory. */
const PART_BYTES = 16 * 2 ** 20;
const MAX_PARALLEL_PARTS = 3;
const URL_LIFETIME_SECONDS = 900;
const MAX_CONFLICT_RETRIES = 5;

export interface S3ObjectsOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

export const createS3Objects = (options: S3ObjectsOptions): S3Objects => new BucketObjects(options);

class BucketObjects implements S3Objects {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor({ client, bucket }: S3ObjectsOptions) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, content: Uint8Array | Readable): Promise<ObjectInfo> {
    if (content instanceof Uint8Array) {
      await this.#client.send(new PutObjectCommand({ ...this.#locationOf(key), Body: content }));
      return { size: content.byteLength, hash: createHash('sha256').update(content).digest('hex') };
    }
    const measured = measureStream(content);
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#locationOf(key), Body: measured.stream },
      partSize: PART_BYTES,
      queueSize: MAX_PARALLEL_PARTS,
    });
    await upload.done();
    return measured.info();
  }

  async putIfAbsent(key: string, content: Uint8Array): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#client.send(
          new PutObjectCommand({ ...this.#locationOf(key), Body: content, IfNoneMatch: '*' }),
        );
        return;
      } catch (error) {
        const status = statusOf(error);
        if (status === 412) return;
        // Another write of the same key is in progress, and may still fail.
        if (status !== 409 || attempt === MAX_CONFLICT_RETRIES) throw error;
      }
    }
  }

  async get(key: string, maxBytes: number): Promise<Uint8Array> {
    const { body, size } = await this.#open(key);
    if (size !== undefined && size <= maxBytes) return body.transformToByteArray();
    if (size === undefined && body instanceof Readable) {
      const content = await collectBytes(body, maxBytes);
      if (content !== undefined) return content;
    }
    // The rest of the response is not received.
    if (body instanceof Readable) body.destroy();
    throw new ObjectTooLargeError(key, size, maxBytes);
  }

  async stream(key: string, range?: ObjectRange): Promise<Readable> {
    const { body } = await this.#open(
      key,
      range === undefined ? undefined : `bytes=${range.from}-${range.to - 1}`,
    );
    return body instanceof Readable ? body : Readable.from([await body.transformToByteArray()]);
  }

  async slice(key: string, from: number, to: number): Promise<Uint8Array> {
    if (from >= to) return new Uint8Array();
    try {
      return await (await this.#open(key, `bytes=${from}-${to - 1}`)).body.transformToByteArray();
    } catch (error) {
      // The object ends before the range starts.
      if (statusOf(error) === 416) return new Uint8Array();
      throw error;
    }
  }

  async exists(key: string): Promise<boolean> {
    return (await this.size(key)) !== undefined;
  }

  async size(key: string): Promise<number | undefined> {
    try {
      const { ContentLength = 0 } = await this.#client.send(
        new HeadObjectCommand(this.#locationOf(key)),
      );
      return ContentLength;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async remove(prefix: string, kept: ReadonlySet<string> = new Set()): Promise<void> {
    for (const s3Prefix of s3Prefixes(prefix)) await this.#removeBelow(s3Prefix, prefix, kept);
  }

  readUrl(key: string, seconds = URL_LIFETIME_SECONDS): Promise<string> {
    const command = new GetObjectCommand(this.#locationOf(key));
    return getSignedUrl(this.#client, command, { expiresIn: seconds });
  }

  writeUrl(key: string, seconds = URL_LIFETIME_SECONDS): Promise<string> {
    const command = new PutObjectCommand(this.#locationOf(key));
    return getSignedUrl(this.#client, command, { expiresIn: seconds });
  }

  #locationOf(key: string) {
    return { Bucket: this.#bucket, Key: toS3Key(key) };
  }

  async #open(key: string, range?: string) {
    try {
      const { Body, ContentLength } = await this.#client.send(
        new GetObjectCommand({
          ...this.#locationOf(key),
          ...(range === undefined ? {} : { Range: range }),
        }),
      );
      if (Body === undefined) throw new ObjectMissingError(key);
      return { body: Body, size: ContentLength };
    } catch (error) {
      throw isMissing(error) ? new ObjectMissingError(key) : error;
    }
  }

  /** Removes the objects below a prefix in S3 whose keys start with `prefix`, except `kept`. */
  async #removeBelow(s3Prefix: string, prefix: string, kept: ReadonlySet<string>): Promise<void> {
    for (let token: string | undefined; ; ) {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: s3Prefix,
          EncodingType: 'url',
          ContinuationToken: token,
        }),
      );
      const keys = keysIn(page).filter((s3Key) => {
        const key = fromS3Key(s3Key);
        return key.startsWith(prefix) && !kept.has(key);
      });
      if (keys.length > 0) {
        const { Errors } = await this.#client.send(
          new DeleteObjectsCommand({
            Bucket: this.#bucket,
            Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
          }),
        );
        if (Errors !== undefined && Errors.length > 0)
          throw new ObjectsNotRemovedError(prefix, [
            ...new Set(Errors.map(({ Code }) => Code ?? 'unknown')),
          ]);
      }
      if (page.NextContinuationToken === undefined) return;
      token = page.NextContinuationToken;
    }
  }
}

/** The keys of a page, which S3 encodes as in a form if it was requested to. */
function keysIn({ Contents = [], EncodingType }: ListObjectsV2CommandOutput): readonly string[] {
  const decode =
    EncodingType === 'url'
      ? (key: string) => decodeURIComponent(key.replaceAll('+', ' '))
      : (key: string) => key;
  return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [decode(Key)]));
}

/** The stream, and its size and hash, which are known after it has ended. */
function measureStream(content: Readable): { readonly stream: Readable; info(): ObjectInfo } {
  const hash = createHash('sha256');
  let size = 0;
  const pass = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      const bytes: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      hash.update(bytes);
      size += bytes.byteLength;
      yield bytes;
    }
  };
  return {
    stream: Readable.from(pass(), { objectMode: false }),
    info: () => ({ size, hash: hash.digest('hex') }),
  };
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
const isMissing = (error: unknown): boolean =>
  error instanceof NoSuchKey || error instanceof NotFound || statusOf(error) === 404;
