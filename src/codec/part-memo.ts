/**
 * The encoded forms of large parts that were passed lately: a fan-out passes the same array to each
 * of its calls, and an encoding of each time would fill the memory.
 *
 * An object may have changed since. Therefore it is compared with a copy, which is made when it is
 * passed again.
 *
 * @module
 */
import type { InlineValue } from '../model/value.ts';
import { typedArrayKind } from './value-kinds.ts';

const MAX_PARTS = 16;

interface KnownPart {
  readonly value: InlineValue;
  copy: unknown;
}

export class PartMemo {
  readonly #parts = new Map<object, KnownPart>();

  clear(): void {
    if (this.#parts.size > 0) this.#parts.clear();
  }

  /** The encoded form of the object; undefined if it is not known, or the object has changed. */
  get(part: unknown): InlineValue | undefined {
    if (typeof part !== 'object' || part === null) return undefined;
    const known = this.#parts.get(part);
    return known !== undefined && isUnchanged(part, known) ? known.value : undefined;
  }

  set(part: unknown, value: InlineValue): void {
    if (typeof part !== 'object' || part === null) return;
    const bytes = bytesOf(part);
    if (bytes === undefined && value.format !== 'json') return;
    if (this.#parts.size >= MAX_PARTS) this.#parts.clear();
    this.#parts.set(part, { value, copy: bytes?.slice() });
  }
}

function isUnchanged(part: object, known: KnownPart): boolean {
  const bytes = bytesOf(part);
  if (bytes !== undefined)
    return known.copy instanceof Uint8Array && areEqualBytes(bytes, known.copy);
  known.copy ??= JSON.parse(known.value.text);
  return isEqualJson(part, known.copy);
}

const bytesOf = (part: object): Uint8Array | undefined =>
  ArrayBuffer.isView(part) && typedArrayKind(part) !== undefined
    ? new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
    : undefined;

function areEqualBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** Whether both have the same JSON text. @param copy what `JSON.parse` returned */
function isEqualJson(value: unknown, copy: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Object.is(value, copy);
  if (typeof copy !== 'object' || copy === null) return false;
  if (Array.isArray(value) || Array.isArray(copy)) {
    if (!Array.isArray(value) || !Array.isArray(copy) || value.length !== copy.length) return false;
    for (let index = 0; index < value.length; index++)
      if (!isEqualJson(value[index], copy[index])) return false;
    return true;
  }
  const keys = Object.keys(value);
  const copyKeys = Object.keys(copy);
  return (
    keys.length === copyKeys.length &&
    keys.every(
      (key, index) =>
        key === copyKeys[index] && isEqualJson(Reflect.get(value, key), Reflect.get(copy, key)),
    )
  );
}
