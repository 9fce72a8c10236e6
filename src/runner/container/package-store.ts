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

/** Maximum bytes of a stored archive. */
const LARGEST = 2 ** 30;
const COMPRESSION = 3;
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
  const folder = packagesPrefix(output);
  if (folder === undefined) return undefined;
  const recordKey = (identity: string): string => packageRecordKey(folder, identity);
  const archiveKey = (hash: string): string => packageArchiveKey(folder, hash);
  /** Records whose archive could not be used. */
  const useless = new Set<string>();

  async function recordOf(identity: string): Promise<z.infer<typeof recordSchema> | undefined> {
    // S3 answers 403 for a missing object if the role may not list the bucket.
    const text = await objects.get(recordKey(identity)).catch(() => undefined);
    if (text === undefined) return undefined;
    useless.add(identity);
    return recordSchema.parse(JSON.parse(Buffer.from(text).toString()));
  }

  async function download(
    hash: string,
    size: number,
    file: string,
    signal: AbortSignal,
  ): Promise<void> {
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
      await objects.stream(archiveKey(hash)),
      measure,
      createWriteStream(file, { flags: 'wx' }),
      { signal },
    );
    if (digest.digest('hex') !== hash)
      throw new ArchiveDamagedError('its content does not match its record');
  }

  return {
    async restore(identity, home, signal) {
      const file = `${home}.tgz`;
      try {
        const record = await recordOf(identity);
        if (record === undefined) return false;
        await download(record.archive, record.size, file, signal);
        const { extract } = await import('tar');
        await extract({ cwd: home, file, strict: true });
        useless.delete(identity);
        log(`packages: ${megabytes(record.size)} from the project's store`);
        return true;
      } catch (error) {
        await rm(join(home, 'node_modules'), { recursive: true, force: true });
        await mkdir(join(home, 'node_modules'));
        if (signal.aborted) throw signal.reason;
        log(
          `packages: those in the project's store cannot be used, and are installed anew: ${error instanceof Error ? error.message : error}`,
        );
        return false;
      } finally {
        await rm(file, { force: true });
      }
    },

    async save(identity, home, signal) {
      const file = `${home}.tgz`;
      try {
        if (
          !useless.has(identity) &&
          (await objects.get(recordKey(identity)).catch(() => undefined)) !== undefined
        )
          return;
        const { create } = await import('tar');
        await create(
          {
            cwd: home,
            file,
            gzip: { level: COMPRESSION },
            portable: true,
            mtime: EPOCH,
            strict: true,
          },
          ['node_modules'],
        );
        const { size } = await stat(file);
        if (size > LARGEST)
          return log(`packages: ${megabytes(size)} exceed the limit of the project's store`);
        const digest = createHash('sha256');
        await pipeline(createReadStream(file), digest, { signal });
        const archive = digest.digest('hex');
        await objects.put(archiveKey(archive), createReadStream(file));
        const record = Buffer.from(
          JSON.stringify({ v: 1, archive, size } satisfies z.infer<typeof recordSchema>),
        );
        if (useless.has(identity)) await objects.put(recordKey(identity), record);
        else await objects.putIfAbsent(recordKey(identity), record);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        log(
          `packages: they could not be kept in the project's store: ${error instanceof Error ? error.message : error}`,
        );
      } finally {
        await rm(file, { force: true });
      }
    },
  };
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
