/** A store with one object, and the previews of values and files. */
import { encode, toInline } from '../../../src/codec/index.ts';
import type { PreviewValue } from '../../../src/model/preview.ts';
import type { StoredValue } from '../../../src/model/value.ts';
import { type PreviewRequest, previewOf } from '../../../src/previews/preview.ts';

export const REQUEST: PreviewRequest = { name: 'it', bytes: 65_536, path: '', from: 0, limit: 100 };

/** A store with one object, which counts what is read. */
export function storeWith(content: Uint8Array, size = content.length) {
  const reads: { readonly from: number; readonly to: number }[] = [];
  return {
    reads,
    size,
    async slice(_: string, from: number, to: number) {
      reads.push({ from, to });
      return content.subarray(from, to);
    },
  };
}

export const stored = (over: Partial<StoredValue>): StoredValue => ({
  ...{ format: 'file', key: 'k', size: 0, hash: 'h' },
  ...over,
});

export async function previewFile(name: string, content: string | Uint8Array, over = {}) {
  const bytes = Buffer.from(content);
  const value = stored({ name, size: bytes.length });
  return previewOf(storeWith(bytes), value, { ...REQUEST, ...over });
}

const NOTHING = { slice: async () => Promise.reject(new Error('nothing is read')) };

export async function previewValue(value: unknown, over = {}) {
  return previewOf(NOTHING, toInline(encode(value)), { ...REQUEST, ...over });
}

export async function shownValue(value: unknown, over = {}): Promise<PreviewValue> {
  const { content } = await previewValue(value, over);
  if (content.kind !== 'json') throw new Error(`it is a ${content.kind}`);
  return content.value;
}
