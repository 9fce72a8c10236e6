/**
 * Numbers in a JSON text that JavaScript would change: too large, or with more digits than a number
 * keeps.
 *
 * @module
 */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?/gs;
/** Digits that every number keeps. */
const EXACT_DIGITS = 15;
const MAX_SHOWN_DIGITS = 40;

export interface InexactNumber {
  /** Where it is, as in `args.rates[1]`; empty for the whole text. */
  readonly path: string;
  /** The number, and the reason why it is refused. */
  readonly reason: string;
}

/** The first such number; undefined if there is none. The text need not be valid JSON. */
export function findInexactNumber(json: string): InexactNumber | undefined {
  const place = new Place();
  for (const [text, sign, whole, fraction = ''] of json.matchAll(TOKEN)) {
    const reason =
      sign === undefined || whole === undefined
        ? undefined
        : reasonToRefuse(text, `${whole}${fraction}`);
    if (reason !== undefined) return { path: place.text, reason };
    place.pass(text);
  }
  return undefined;
}

/** The first such number and the reason why it is refused. */
export const inexactNumber = (json: string): string | undefined => findInexactNumber(json)?.reason;

function reasonToRefuse(text: string, written: string): string | undefined {
  const value = Number(text);
  const shown = text.length > MAX_SHOWN_DIGITS ? `${text.slice(0, MAX_SHOWN_DIGITS)}…` : text;
  if (!Number.isFinite(value)) return `${shown}, which is larger than any number`;
  const digits = written.replace(/^0+/, '').replace(/0+$/, '');
  if (digits.length > EXACT_DIGITS && digits !== digitsOf(value, digits.length))
    return `${shown}, which a number cannot hold: it would become ${value}. Pass it as a text`;
  if (digits !== '' && value === 0) return `${shown}, which is smaller than any number`;
  return undefined;
}

/** The place of a token in a JSON text. */
class Place {
  /** The key or the index in each object and array around the token. */
  readonly #around: (string | number)[] = [];
  #lastString = '';

  pass(token: string): void {
    const last = this.#around.length - 1;
    const key = this.#around[last];
    if (token.startsWith('"')) this.#lastString = token;
    else if (token === '{') this.#around.push('');
    else if (token === '[') this.#around.push(0);
    else if (token === '}' || token === ']') this.#around.pop();
    else if (token === ':' && typeof key === 'string') this.#around[last] = this.#lastString;
    else if (token === ',' && typeof key === 'number') this.#around[last] = key + 1;
  }

  get text(): string {
    return this.#around
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part.slice(1, -1)}`))
      .join('')
      .replace(/^\./, '');
  }
}

/** The significant digits of a number, without zeros at the end. */
function digitsOf(value: number, count: number): string {
  const [digits = ''] = Math.abs(value)
    .toExponential(Math.min(100, count - 1))
    .split('e');
  return digits.replace('.', '').replace(/0+$/, '');
}
