/**
 * The order of DynamoDB's keys: that of their UTF-8 bytes, which is the order of code points.
 *
 * @module
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return rankOf(x) - rankOf(y);
  }
  return a.length - b.length;
}

const FIRST_SURROGATE = 0xd800;
const FIRST_ABOVE_SURROGATES = 0xe000;
const CODE_UNITS = 0x10000;

/** Surrogates, which belong to the highest code points, rank above all other code units. */
const rankOf = (unit: number): number =>
  unit >= FIRST_SURROGATE && unit < FIRST_ABOVE_SURROGATES ? unit + CODE_UNITS : unit;
