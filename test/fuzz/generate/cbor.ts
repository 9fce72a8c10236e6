/**
 * CBOR by its grammar: items of all types, with tags that any library gives a meaning to, and with
 * lengths that do not fit.
 *
 * @module
 */
import type { Random } from '../../simulation/random.ts';
import { hugeInteger, randomBytes, randomText } from './bytes.ts';

const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;

/** The tags of Headrace (`hr` and a number), the standard ones, and those of extensions. */
const TAGS = [
  0, 1, 2, 3, 4, 5, 6, 14, 15, 25, 26, 27, 28, 28, 29, 29, 30, 35, 36, 51, 63, 64, 65, 66, 67, 68,
  69, 70, 71, 72, 77, 78, 79, 80, 81, 82, 85, 86, 105, 216, 223, 225, 240, 256, 258, 259, 55799,
  0xdff0, 0xdff9, 0xdffe, 0xdfff, 0xe000, 0xe001, 0x53687264, 0x68720001, 0x68720002, 0x68720003,
  0x68720004, 0x68720005, 0x7fffffff,
];

/** The head of an item: its type and its argument, in the shortest form or a longer one. */
function head(random: Random, major: number, argument: number): Uint8Array {
  const shortest = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : 4;
  const width = random.chance(0.05) ? random.pick([1, 2, 4, 8]) : shortest;
  if (width === 0) return Uint8Array.of((major << 5) | argument);
  const bytes = Buffer.alloc(1 + width);
  bytes[0] = (major << 5) | (24 + Math.log2(width));
  if (width === 8) bytes.writeBigUInt64BE(BigInt(argument), 1);
  else bytes.writeUIntBE(argument % 2 ** (8 * width), 1, width);
  return bytes;
}

/** A length, which is wrong at times. */
const lengthOf = (random: Random, length: number): number =>
  random.chance(0.03) ? hugeInteger(random) : Math.max(0, length + (random.chance(0.03) ? 1 : 0));

export function randomCbor(random: Random, depth: number): Uint8Array {
  const major = random.int(0, depth > 0 ? 7 : 3);
  switch (major) {
    case BYTES: {
      const length = random.chance(0.01) ? random.int(1000, 60_000) : random.int(0, 20);
      return Buffer.concat([
        head(random, BYTES, lengthOf(random, length)),
        randomBytes(random, length),
      ]);
    }
    case TEXT: {
      const text = Buffer.from(random.chance(0.1) ? '__proto__' : randomText(random, 12));
      return Buffer.concat([head(random, TEXT, lengthOf(random, text.length)), text]);
    }
    case ARRAY:
      return container(random, ARRAY, random.int(0, 4), 1, depth);
    case MAP:
      return container(random, MAP, random.int(0, 3), 2, depth);
    case TAG: {
      const chain = random.chance(0.03) ? random.int(2, 40) : 1;
      const tags = Array.from({ length: chain }, () => head(random, TAG, random.pick(TAGS)));
      return Buffer.concat([...tags, randomCbor(random, depth - 1)]);
    }
    case 7:
      return random.pick([
        Uint8Array.of(0xe0 + random.int(0, 23)),
        Uint8Array.of(0xff),
        Uint8Array.of(0xf9, random.int(0, 255), random.int(0, 255)),
        Buffer.concat([Uint8Array.of(0xfb), randomBytes(random, 8)]),
      ]);
    default:
      return head(random, major, random.chance(0.3) ? hugeInteger(random) : random.int(0, 40));
  }
}

function container(
  random: Random,
  major: number,
  count: number,
  itemsEach: number,
  depth: number,
): Uint8Array {
  const items = Array.from({ length: count * itemsEach }, () => randomCbor(random, depth - 1));
  return random.chance(0.05)
    ? Buffer.concat([Uint8Array.of((major << 5) | 31), ...items, Uint8Array.of(0xff)])
    : Buffer.concat([head(random, major, lengthOf(random, count)), ...items]);
}

/** The same few bytes around an item many times: recursion, and work that doubles at each level. */
export function nestedCbor(random: Random): Uint8Array {
  const opening = Buffer.concat(
    Array.from({ length: random.int(1, 4) }, () =>
      random.pick([
        head(random, TAG, random.pick(TAGS)),
        head(random, ARRAY, random.int(1, 2)),
        head(random, MAP, 1),
        randomCbor(random, 0),
      ]),
    ),
  );
  const levels = random.pick([10, 30, 100, 1000, 20_000]);
  return Buffer.concat([
    ...new Array<Uint8Array>(levels).fill(opening),
    randomCbor(random, 2),
    ...new Array<Uint8Array>(random.chance(0.5) ? levels : 0).fill(
      random.chance(0.5)
        ? head(random, 0, random.int(0, 23))
        : Buffer.from([0xd8, 29, random.int(0, 20)]),
    ),
  ]);
}
