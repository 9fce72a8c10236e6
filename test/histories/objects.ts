/**
 * The object store in memory, which can be taken out whole. Its errors are those of the version
 * that asks.
 *
 * @module
 */
import { type Objects, ObjectMissingError as OurMissingError } from '../../src/ports/objects.ts';
import { MemoryObjects } from '../conformance/memory-objects.ts';
import type { Kit } from './records.ts';

export class DumpedObjects extends MemoryObjects {
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
      if (await this.exists(key)) dumped[key] = Buffer.from(await this.get(key)).toString('base64');
    return dumped;
  }

  async restore(dumped: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, content] of Object.entries(dumped))
      await this.put(key, Buffer.from(content, 'base64'));
  }

  /** For code of another version, whose classes of errors are others. */
  seenBy({ ObjectMissingError }: Kit): Objects {
    const translated =
      <A extends readonly unknown[], R>(ask: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        try {
          return await ask.call(this, ...args);
        } catch (error) {
          throw error instanceof OurMissingError ? new ObjectMissingError(error.key) : error;
        }
      };
    return {
      put: translated(this.put),
      putIfAbsent: translated(this.putIfAbsent),
      get: translated(this.get),
      stream: translated(this.stream),
      exists: translated(this.exists),
      remove: translated(this.remove),
    };
  }
}
