/**
 * The object store on S3.
 *
 * 1. An object appears when it is whole: a stream goes up in parts, and a stream that breaks off leaves what was there.
 * 2. `putIfAbsent` is a conditional write: of several at once the first stays.
 * 3. Whoever has a presigned URL reads or writes that one object until it expires, or until the session of the role that signed it ends.
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
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { HeadraceError } from '../../model/errors.ts';
import { type ObjectInfo, ObjectMissingError, type Objects } from '../../ports/objects.ts';
import { fromS3Key, s3Prefixes, toS3Key } from './s3-key-escaping.ts';

export interface S3Objects extends Objects {
  /** Bytes `from` up to `to` (exclusive) of an object. @throws ObjectMissingError */
  slice(key: string, from: number, to: number): Promise<Uint8Array>;
  /** A URL that reads the object, whether it is there or not. */
  readUrl(key: string, seconds?: number): Promise<string>;
  /** A URL to which a PUT writes the object. */
  writeUrl(key: string, seconds?: number): Promise<string>;
}

/** Some objects stay although they were to be removed. */
export class ObjectsNotRemovedError extends HeadraceError {
  constructor(
    readonly prefix: string,
    reasons: readonly string[],
  ) {
    super(`some objects below ${prefix} could not be removed: ${reasons.join(', ')}`);
  }
}

/** S3 takes 10,000 parts: 160 GB. As many as go up at once are in memory. */
const PART_BYTES = 16 * 2 ** 20;
const MAX_PARALLEL_PARTS = 3;
const URL_LIFETIME_SECONDS = 900;
const MAX_CONFLICT_RETRIES = 5;

export function createS3Objects({
  client,
  bucket,
}: {
  readonly client: S3Client;
  readonly bucket: string;
}): S3Objects {
  const locationOf = (key: string) => ({ Bucket: bucket, Key: toS3Key(key) });

  async function put(key: string, content: Uint8Array | Readable): Promise<ObjectInfo> {
    if (content instanceof Uint8Array) {
      await client.send(new PutObjectCommand({ ...locationOf(key), Body: content }));
      return { size: content.byteLength, hash: createHash('sha256').update(content).digest('hex') };
    }
    const measured = measureStream(content);
    const upload = new Upload({
      client,
      params: { ...locationOf(key), Body: measured.stream },
      partSize: PART_BYTES,
      queueSize: MAX_PARALLEL_PARTS,
    });
    await upload.done();
    return measured.info();
  }

  async function putIfAbsent(key: string, content: Uint8Array): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await client.send(
          new PutObjectCommand({ ...locationOf(key), Body: content, IfNoneMatch: '*' }),
        );
        return;
      } catch (error) {
        const status = statusOf(error);
        if (status === 412) return;
        // Another write of the same key is under way: it may still fail.
        if (status !== 409 || attempt === MAX_CONFLICT_RETRIES) throw error;
      }
    }
  }

  async function open(key: string, range?: string) {
    try {
      const { Body } = await client.send(
        new GetObjectCommand({
          ...locationOf(key),
          ...(range === undefined ? {} : { Range: range }),
        }),
      );
      if (Body === undefined) throw new ObjectMissingError(key);
      return Body;
    } catch (error) {
      throw isMissing(error) ? new ObjectMissingError(key) : error;
    }
  }

  async function exists(key: string): Promise<boolean> {
    try {
      await client.send(new HeadObjectCommand(locationOf(key)));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async function removeBelow(s3Prefix: string, prefix: string): Promise<void> {
    for (let token: string | undefined; ; ) {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: s3Prefix,
          EncodingType: 'url',
          ContinuationToken: token,
        }),
      );
      const decode =
        page.EncodingType === 'url'
          ? (key: string) => decodeURIComponent(key.replaceAll('+', ' '))
          : (key: string) => key;
      const keys = (page.Contents ?? [])
        .flatMap(({ Key }) => (Key === undefined ? [] : [decode(Key)]))
        .filter((key) => fromS3Key(key).startsWith(prefix));
      if (keys.length > 0) {
        const { Errors } = await client.send(
          new DeleteObjectsCommand({
            Bucket: bucket,
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

  return {
    put,
    putIfAbsent,
    get: async (key) => (await open(key)).transformToByteArray(),
    async stream(key) {
      const body = await open(key);
      return body instanceof Readable ? body : Readable.from([await body.transformToByteArray()]);
    },
    slice: async (key, from, to) =>
      from >= to
        ? new Uint8Array()
        : (await open(key, `bytes=${from}-${to - 1}`)).transformToByteArray(),
    exists,
    async remove(prefix) {
      for (const s3Prefix of s3Prefixes(prefix)) await removeBelow(s3Prefix, prefix);
    },
    readUrl: (key, seconds = URL_LIFETIME_SECONDS) =>
      getSignedUrl(client, new GetObjectCommand(locationOf(key)), { expiresIn: seconds }),
    writeUrl: (key, seconds = URL_LIFETIME_SECONDS) =>
      getSignedUrl(client, new PutObjectCommand(locationOf(key)), { expiresIn: seconds }),
  };
}

/** The stream, with its size and hash, which are known when it ended. */
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
