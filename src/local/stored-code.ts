/**
 * Stores the bundles of a run in a home. Other content under the hash of a bundle is damaged, and is
 * replaced.
 *
 * @module
 */
import type { Objects } from '../ports/objects.ts';

/** @param texts bundles by their key */
export async function storeCode(
  objects: Pick<Objects, 'get' | 'put'>,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [key, text] of texts) {
    const content = Buffer.from(text);
    const stored = await objects.get(key, content.length).catch(() => undefined);
    if (stored === undefined || !content.equals(stored)) await objects.put(key, content);
  }
}
