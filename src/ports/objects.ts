/**
 * The port of the object store: code, specs, values, artifacts, models.
 *
 * Keys are paths with `/`, and no key is a folder of another key. `src/model/object-layout.ts`
 * defines them.
 *
 * @module
 */
import type { Readable } from 'node:stream';
import { HeadraceError } from '../model/errors.ts';

export interface ObjectInfo {
  readonly size: number;
  /** SHA-256 (hex) of the content. */
  readonly hash: string;
}

/** A part of an object, which is not empty. */
export interface ObjectRange {
  readonly from: number;
  /** Exclusive; at most the size of the object. */
  readonly to: number;
}

export interface Objects {
  /** Writes an object completely or not at all. A stream is never held in memory as a whole. */
  put(key: string, content: Uint8Array | Readable): Promise<ObjectInfo>;
  /** Like `put`, but an existing object stays as it is. */
  putIfAbsent(key: string, content: Uint8Array): Promise<void>;
  /**
   * The whole content, in memory. A larger object than `maxBytes` is not read.
   *
   * @throws ObjectMissingError, ObjectTooLargeError
   */
  get(key: string, maxBytes: number): Promise<Uint8Array>;
  /**
   * The bytes from `from` up to `to` (exclusive), in memory; fewer if the object ends before.
   *
   * @throws ObjectMissingError
   */
  slice(key: string, from: number, to: number): Promise<Uint8Array>;
  /** @throws ObjectMissingError */
  stream(key: string, range?: ObjectRange): Promise<Readable>;
  exists(key: string): Promise<boolean>;
  /** The number of bytes; undefined if the object does not exist. It costs what `exists` costs. */
  size(key: string): Promise<number | undefined>;
  /** Removes all objects whose keys start with `prefix`, except those in `kept`. */
  remove(prefix: string, kept?: ReadonlySet<string>): Promise<void>;
}

export class ObjectMissingError extends HeadraceError {
  constructor(readonly key: string) {
    super(
      `the object ${key} is not in the store: it was removed, or the store is not the one that the run wrote to`,
    );
  }
}

export class ObjectTooLargeError extends HeadraceError {
  constructor(
    readonly key: string,
    readonly bytes: number | undefined,
    readonly maxBytes: number,
  ) {
    super(
      `the object ${key} has ${bytes ?? `more than ${maxBytes}`} bytes, and at most ${maxBytes} are read: it is not what Headrace wrote`,
    );
  }
}
