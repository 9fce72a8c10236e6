/**
 * Bytes and texts: random ones, and valid ones with mistakes.
 *
 * @module
 */
import type { Random } from '../../simulation/random.ts';

export const randomBytes = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.int(0, 255));

/** Bytes that stand at the limits of fields. */
const LIMIT_BYTES = [0, 1, 0x0a, 0x20, 0x30, 0x7f, 0x80, 0xc3, 0xfe, 0xff];

/** The bytes with one to eight mistakes. */
export function mutatedBytes(random: Random, original: Uint8Array): Uint8Array {
  let bytes = Buffer.from(original);
  for (let count = random.int(1, 8); count > 0; count -= 1) {
    const at = random.int(0, Math.max(0, bytes.length - 1));
    const end = Math.min(bytes.length, at + random.int(1, 32));
    switch (random.int(0, 6)) {
      case 0:
        if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(0, 7));
        break;
      case 1:
        if (bytes.length > 0) bytes[at] = random.pick(LIMIT_BYTES);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
        break;
      case 4:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          randomBytes(random, random.int(1, 16)),
          bytes.subarray(at),
        ]);
        break;
      case 5:
        if (bytes.length >= 4)
          bytes.writeUInt32BE(hugeInteger(random), Math.min(at, bytes.length - 4));
        break;
      default:
        bytes = bytes.subarray(0, at);
    }
  }
  return new Uint8Array(bytes);
}

/** An integer of 32 bits at a limit. */
export const hugeInteger = (random: Random): number =>
  random.pick([0, 0x7f, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]);

const CHARACTERS = [...'aZ09 \t\n\r\0"\'\\/.,:;=-_+*#$%&?@|<>[](){}~^`é中😀'];

/** Texts that mean something special to one language or another. */
const TOKENS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '../',
  '..',
  '%2e%2e%2f',
  '%00',
  '%',
  '-1',
  '0',
  '1e999',
  '9007199254740993',
  'NaN',
  'Infinity',
  'null',
  'true',
  '[]',
  '{}',
  '\ud800',
  '\ufeff',
  '\u202e',
  '\u2028',
  '\u0000',
];

export function randomText(random: Random, maxLength: number): string {
  let text = '';
  for (let length = random.int(0, maxLength); text.length < length; )
    text += random.chance(0.1) ? random.pick(TOKENS) : random.pick(CHARACTERS);
  return text;
}

/** A part of a text many times: it finds expressions whose time grows with a power of the length. */
const repeated = (random: Random, part: string): string =>
  part.repeat(random.pick([2, 3, 10, 100, 1000, 10_000])).slice(0, 50_000);

/** The text with one to six mistakes. */
export function mutatedText(random: Random, original: string): string {
  let text = original;
  for (let count = random.int(1, 6); count > 0; count -= 1) {
    const at = random.int(0, text.length);
    const end = Math.min(text.length, at + random.int(1, 12));
    const [before, part, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
    switch (random.int(0, 5)) {
      case 0:
        text = before + after;
        break;
      case 1:
        text = before + random.pick(CHARACTERS) + after;
        break;
      case 2:
        text = before + random.pick(TOKENS) + part + after;
        break;
      case 3:
        text = before + part + randomText(random, 8) + after;
        break;
      case 4:
        text = random.chance(0.1)
          ? before + repeated(random, part) + after
          : before + part + part + after;
        break;
      default:
        text = random.chance(0.5) ? before : after;
    }
    if (text.length > 100_000) return text.slice(0, 100_000);
  }
  return text;
}
