/**
 * The port to the object store: code, specs, artifacts, models.
 *
 * Keys are paths with `/`, and none is the folder of another; `p/<project>/data/…` is what steps write, `code/<hash>` code, `p/<project>/spec/…` arguments.
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

export interface Objects {
  /** Writes an object as a whole or not at all. A stream is never held in memory. */
  put(key: string, content: Uint8Array | Readable): Promise<ObjectInfo>;
  /** Like `put`, but leaves an object that is there as it is. */
  putIfAbsent(key: string, content: Uint8Array): Promise<void>;
  /** @throws ObjectMissingError */
  get(key: string): Promise<Uint8Array>;
  /** @throws ObjectMissingError */
  stream(key: string): Promise<Readable>;
  exists(key: string): Promise<boolean>;
  /** Removes everything whose key begins with `prefix`. */
  remove(prefix: string): Promise<void>;
}

export class ObjectMissingError extends HeadraceError {
  constructor(readonly key: string) {
    super(
      `the object ${key} is not in the store: it was removed, or the store is not the one that the run wrote to`,
    );
  }
}
