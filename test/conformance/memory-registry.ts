/**
 * The versions of pipelines in memory.
 *
 * @module
 */
import { type Registry, VersionTakenError } from '../../src/ports/registry.ts';

export class MemoryRegistry implements Registry {
  /** The hash of its code, by `[project, name, version]`. */
  readonly #codes = new Map<string, string>();

  async register(pipeline: { readonly project: string; readonly name: string }, version: string, codeHash: string, bump: boolean): Promise<string> {
    const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
    for (let next = patch; ; next += 1) {
      const candidate = `${major}.${minor}.${next}`;
      const key = JSON.stringify([pipeline.project, pipeline.name, candidate]);
      const taken = this.#codes.get(key);
      if (taken === undefined) this.#codes.set(key, codeHash);
      if (taken === undefined || taken === codeHash) return candidate;
      if (!bump) throw new VersionTakenError(pipeline.name, version);
    }
  }
}
