/**
 * Numbers in a JSON text that JavaScript would change: too large, or with more digits than a number
 * keeps.
 *
 * @module
 */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?/gs;
/** Digits that every number keeps. */
const EXACT_DIGITS = 15;
const MAX_SHOWN_DIGITS = 40;

/** The first such number and the reason why it is refused; undefined if there is none. */
export function inexactNumber(json: string): string | undefined {
  for (const [text, sign, whole, fraction = ''] of json.matchAll(STRING_OR_NUMBER)) {
    if (sign === undefined || whole === undefined) continue;
    const value = Number(text);
    const shown = text.length > MAX_SHOWN_DIGITS ? `${text.slice(0, MAX_SHOWN_DIGITS)}…` : text;
    if (!Number.isFinite(value)) return `${shown}, which is larger than any number`;
    const digits = `${whole}${fraction}`.replace(/^0+/, '').replace(/0+$/, '');
    if (digits.length > EXACT_DIGITS && digits !== digitsOf(value, digits.length))
      return `${shown}, which a number cannot hold: it would become ${value}. Pass it as a text`;
    if (digits !== '' && value === 0) return `${shown}, which is smaller than any number`;
  }
  return undefined;
}

/** The significant digits of a number, without zeros at the end. */
function digitsOf(value: number, count: number): string {
  const [digits = ''] = Math.abs(value)
    .toExponential(Math.min(100, count - 1))
    .split('e');
  return digits.replace('.', '').replace(/0+$/, '');
}
