/**
 * An object store in memory that can be dumped and restored. It throws the errors of the version
 * that uses it.
 *
 * @module
 */
import {
  ObjectMissingError as CurrentMissingError,
  type Objects,
} from '../../src/ports/objects.ts';
import { MemoryObjects } from '../conformance/memory-objects.ts';
import type { Kit } from './records.ts';

export class DumpableObjects extends MemoryObjects {
  readonly #keys = new Set<string>();

  override async put(...args: Parameters<Objects['put']>): ReturnType<Objects['put']> {
    this.#keys.add(args[0]);
    return super.put(...args);
  }

  override async putIfAbsent(...args: Parameters<Objects['putIfAbsent']>): Promise<void> {
    this.#keys.add(args[0]);
    return super.putIfAbsent(...args);
  }

  async dump(): Promise<Readonly<Record<string, string>>> {
    const dumped: Record<string, string> = {};
    for (const key of [...this.#keys].sort())
      if (await this.exists(key))
        dumped[key] = Buffer.from(await this.get(key, 1e8)).toString('base64');
    return dumped;
  }

  async restore(dumped: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, content] of Object.entries(dumped))
      await this.put(key, Buffer.from(content, 'base64'));
  }

  /** The store for a version that has its own error classes. */
  forKit({ ObjectMissingError }: Kit): Objects {
    const withErrorsOfKit =
      <A extends readonly unknown[], R>(method: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        try {
          return await method.call(this, ...args);
        } catch (error) {
          throw error instanceof CurrentMissingError ? new ObjectMissingError(error.key) : error;
        }
      };
    return {
      put: withErrorsOfKit(this.put),
      putIfAbsent: withErrorsOfKit(this.putIfAbsent),
      get: withErrorsOfKit(this.get),
      slice: withErrorsOfKit(this.slice),
      stream: withErrorsOfKit(this.stream),
      exists: withErrorsOfKit(this.exists),
      size: withErrorsOfKit(this.size),
      remove: withErrorsOfKit(this.remove),
    };
  }
}
