/**
 * Reads streams of bounded length into memory.
 *
 * @module
 */

/**
 * All bytes of a stream; undefined if there are more than `maxBytes`. The stream is closed then,
 * and the rest is not received.
 */
export async function collectBytes(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const collected: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined;
    collected.push(chunk);
  }
  return Buffer.concat(collected);
}

/** The body of a response, without trust in its size; undefined if it has more than `maxBytes`. */
export const readBody = (response: Response, maxBytes: number): Promise<Buffer | undefined> =>
  collectBytes(response.body ?? [], maxBytes);
