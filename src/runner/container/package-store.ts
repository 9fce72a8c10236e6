/**
 * Stores installed packages in the project's part of the object store, so that later containers
 * download what an earlier one installed.
 *
 * ```
 * p/<project>/data/packages/<identity>            a record: the SHA-256 and size of the archive
 * p/<project>/data/packages/archives/<SHA-256>    the archive: a compressed tar of `node_modules`
 * ```
 *
 * 1. An archive is used only if its SHA-256 and size match its record. If they do not match, the
 *    packages are installed again and the record is replaced.
 * 2. If several containers install concurrently, the first record wins.
 * 3. No failure of the store fails a step: the packages are installed instead.
 *
 * A step of a project can write code that other steps of the project execute, as with any artifact.
 * A step of another project cannot: the role of a project reads and writes only its own folder.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { packageArchiveKey, packageRecordKey, packagesPrefix } from '../../model/object-layout.ts';
import type { Objects } from '../../ports/objects.ts';
import { messageOf } from '../../sdk/value-errors.ts';

export interface PackageStore {
  /** Downloads `node_modules` into the folder. False if the store has no usable archive. */
  restore(identity: string, folder: string, signal: AbortSignal): Promise<boolean>;
  /** Stores the folder's `node_modules`. */
  save(identity: string, folder: string, signal: AbortSignal): Promise<void>;
}

export type PackageObjects = Pick<Objects, 'get' | 'stream' | 'put' | 'putIfAbsent'>;

const recordSchema = z.object({
  v: z.literal(1),
  archive: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().positive(),
});

type PackageRecord = z.infer<typeof recordSchema>;

const MAX_ARCHIVE_BYTES = 2 ** 30;
const MAX_RECORD_BYTES = 10_000;
const COMPRESSION_LEVEL = 3;
const EPOCH = new Date(0);

class ArchiveDamagedError extends Error {}

/**
 * @param output prefix of the keys that the attempt may write: it starts with the project's prefix
 * @param log receives a line for the step's log
 */
export function createPackageStore(
  objects: PackageObjects,
  output: string,
  log: (line: string) => void,
): PackageStore | undefined {
  const prefix = packagesPrefix(output);
  return prefix === undefined ? undefined : new ObjectPackageStore(objects, prefix, log);
}

class ObjectPackageStore implements PackageStore {
  readonly #objects: PackageObjects;
  readonly #prefix: string;
  readonly #log: (line: string) => void;
  /** Identities of records whose archive could not be used. */
  readonly #useless = new Set<string>();

  constructor(objects: PackageObjects, prefix: string, log: (line: string) => void) {
    this.#objects = objects;
    this.#prefix = prefix;
    this.#log = log;
  }

  async restore(identity: string, folder: string, signal: AbortSignal): Promise<boolean> {
    const file = `${folder}.tgz`;
    try {
      const record = await this.#readRecord(identity);
      if (record === undefined) return false;
      await this.#download(record, file, signal);
      const { extract } = await import('tar');
      await extract({ cwd: folder, file, strict: true });
      this.#useless.delete(identity);
      this.#log(`packages: ${megabytes(record.size)} from the project's store`);
      return true;
    } catch (error) {
      await rm(join(folder, 'node_modules'), { recursive: true, force: true });
      await mkdir(join(folder, 'node_modules'));
      if (signal.aborted) throw signal.reason;
      this.#log(
        `packages: those in the project's store cannot be used, and are installed again: ${messageOf(error)}`,
      );
      return false;
    } finally {
      await rm(file, { force: true });
    }
  }

  async save(identity: string, folder: string, signal: AbortSignal): Promise<void> {
    const file = `${folder}.tgz`;
    try {
      if (!this.#useless.has(identity) && (await this.#hasRecord(identity))) return;
      await packFolder(folder, file);
      const { size } = await stat(file);
      if (size > MAX_ARCHIVE_BYTES)
        return this.#log(`packages: ${megabytes(size)} exceed the limit of the project's store`);
      const digest = createHash('sha256');
      await pipeline(createReadStream(file), digest, { signal });
      const archive = digest.digest('hex');
      await this.#objects.put(packageArchiveKey(this.#prefix, archive), createReadStream(file));
      await this.#writeRecord(identity, { v: 1, archive, size });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      this.#log(`packages: they could not be stored in the project's store: ${messageOf(error)}`);
    } finally {
      await rm(file, { force: true });
    }
  }

  /**
   * The text of the record. S3 answers 403 for a missing one if the role may not list the bucket.
   */
  async #recordText(identity: string): Promise<string | undefined> {
    const content = await this.#objects
      .get(packageRecordKey(this.#prefix, identity), MAX_RECORD_BYTES)
      .catch(() => undefined);
    return content === undefined ? undefined : Buffer.from(content).toString();
  }

  async #hasRecord(identity: string): Promise<boolean> {
    return (await this.#recordText(identity)) !== undefined;
  }

  async #readRecord(identity: string): Promise<PackageRecord | undefined> {
    const text = await this.#recordText(identity);
    if (text === undefined) return undefined;
    this.#useless.add(identity);
    return recordSchema.parse(JSON.parse(text));
  }

  async #writeRecord(identity: string, record: PackageRecord): Promise<void> {
    const key = packageRecordKey(this.#prefix, identity);
    const content = Buffer.from(JSON.stringify(record));
    if (this.#useless.has(identity)) await this.#objects.put(key, content);
    else await this.#objects.putIfAbsent(key, content);
  }

  /** @throws ArchiveDamagedError */
  async #download({ archive, size }: PackageRecord, file: string, signal: AbortSignal) {
    const digest = createHash('sha256');
    let received = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        digest.update(chunk);
        received += chunk.length;
        if (received > size) done(new ArchiveDamagedError(`it has more than its ${size} bytes`));
        else done(null, chunk);
      },
    });
    await pipeline(
      await this.#objects.stream(packageArchiveKey(this.#prefix, archive)),
      measure,
      createWriteStream(file, { flags: 'wx' }),
      { signal },
    );
    if (digest.digest('hex') !== archive)
      throw new ArchiveDamagedError('its content does not match its record');
  }
}

/** Equal folders make equal archives. */
async function packFolder(folder: string, file: string): Promise<void> {
  const { create } = await import('tar');
  await create(
    {
      cwd: folder,
      file,
      gzip: { level: COMPRESSION_LEVEL },
      portable: true,
      mtime: EPOCH,
      strict: true,
    },
    ['node_modules'],
  );
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
