/**
 * `Buffer` in a pipeline's logic. It is loaded at its first use: most runs use none.
 *
 * @module
 */
// biome-ignore lint/correctness/useImportExtensions: it is CommonJS
import load from './buffer.cjs';

let loaded: typeof Buffer | undefined;

export const bufferClass = (): typeof Buffer => (loaded ??= load().Buffer);

/** The bytes as a Buffer, without a copy. */
export const bufferOf = (bytes: Uint8Array<ArrayBuffer>): Buffer =>
  bufferClass().from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function installBuffer(): void {
  Object.defineProperty(globalThis, 'Buffer', {
    get: bufferClass,
    set(value: unknown) {
      Object.defineProperty(globalThis, 'Buffer', { value, writable: true, configurable: true });
    },
    configurable: true,
  });
}
