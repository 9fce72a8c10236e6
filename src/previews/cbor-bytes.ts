/**
 * The bytes of CBOR (RFC 8949), read value by value. They may end anywhere.
 *
 * @module
 */
import type { PreviewValue } from '../model/preview.ts';
import { MalformedContentError } from './errors.ts';

/** The bytes that were read end inside of a value. */
export class EndOfBytes extends Error {
  constructor(readonly partial?: PreviewValue | undefined) {
    super('the bytes end');
  }
}

export const MAJOR = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
} as const;
export const BREAK = 0xff;

export interface Head {
  readonly major: number;
  /** The low five bits. */
  readonly info: number;
  /** The length, number or tag; -1: indefinite. */
  readonly argument: number;
  /** The same for numbers that are not safe. */
  readonly big?: bigint | undefined;
}

/** Moves through the bytes. */
export class CborBytes {
  readonly #bytes: Uint8Array;
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get rest(): number {
    return this.#bytes.length - this.at;
  }

  /** An integer or a float; NaN for anything else. */
  scalarNumber(head: Head): number {
    if (head.major === MAJOR.unsigned) return head.argument;
    if (head.major === MAJOR.negative) return -1 - head.argument;
    if (head.major !== 7) throw new MalformedContentError('a date in it is no number');
    const before = this.at;
    if (head.info === 25) return halfFloat(this.view.getUint16(before - 2));
    if (head.info === 26) return this.view.getFloat32(before - 4);
    if (head.info === 27) return this.view.getFloat64(before - 8);
    return Number.NaN;
  }

  head(): Head {
    const first = this.take(1)[0] ?? 0;
    const major = first >> 5;
    const info = first & 0x1f;
    if (info < 24) return { major, info, argument: info };
    const start = this.at;
    switch (info) {
      case 24:
        this.take(1);
        return { major, info, argument: this.view.getUint8(start) };
      case 25:
        this.take(2);
        return { major, info, argument: this.view.getUint16(start) };
      case 26:
        this.take(4);
        return { major, info, argument: this.view.getUint32(start) };
      case 27: {
        this.take(8);
        const big = this.view.getBigUint64(start);
        const argument = Number(big);
        if (Number.isSafeInteger(argument)) return { major, info, argument };
        // No content is so long.
        if (major >= MAJOR.bytes && major <= MAJOR.map) break;
        return { major, info, argument, big };
      }
      case 31:
        if (major >= MAJOR.bytes && major <= MAJOR.map) return { major, info, argument: -1 };
    }
    throw new MalformedContentError('it is not CBOR');
  }

  /** Skips one value (1). */
  skip(): void {
    /** The values that remain in the open containers; -1: until a break. */
    const open: number[] = [1];
    while (open.length > 0) {
      const rest = open.at(-1) ?? 0;
      if (rest === 0) {
        open.pop();
        continue;
      }
      if (rest > 0) open[open.length - 1] = rest - 1;
      else if (this.peek() === BREAK) {
        this.at += 1;
        open.pop();
        continue;
      }
      const head = this.head();
      if (head.major === MAJOR.bytes || head.major === MAJOR.text) {
        if (head.argument < 0) open.push(-1);
        else this.advance(head.argument);
      } else if (head.major === MAJOR.array) open.push(head.argument);
      else if (head.major === MAJOR.map)
        open.push(head.argument < 0 ? -1 : Math.min(2 * head.argument, Number.MAX_SAFE_INTEGER));
      else if (head.major === MAJOR.tag) open.push(1);
    }
  }

  peek(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw new EndOfBytes();
    return byte;
  }

  /** The bytes that are there, at most `length`, without moving. */
  available(length: number): Uint8Array {
    return this.#bytes.subarray(this.at, Math.min(this.#bytes.length, this.at + length));
  }

  /** @throws EndOfBytes */
  take(length: number): Uint8Array {
    const bytes = this.available(length);
    this.advance(length);
    return bytes;
  }

  advance(length: number, partial?: PreviewValue): void {
    if (this.at + length > this.#bytes.length) throw new EndOfBytes(partial);
    this.at += length;
  }
}

function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - 25) * (1024 + fraction);
}
