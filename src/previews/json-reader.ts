/**
 * Reads the start of a JSON text as a preview. The text may end anywhere.
 *
 * 1. Values that are not shown are skipped without recursion, so that depth is no matter.
 *
 * @module
 */
import type { PreviewValue } from '../model/preview.ts';
import {
  MAX_INNER_ITEMS,
  MAX_PREVIEW_DEPTH,
  numberValue,
  type PreviewBudget,
  type PreviewRange,
} from './budget.ts';
import { MalformedContentError } from './errors.ts';

export interface ReadValue {
  /** Undefined: the path leads nowhere in what was read. */
  readonly value: PreviewValue | undefined;
  /** The bytes ended before the content did. */
  readonly isCut: boolean;
}

/**
 * The value at a path of keys and indices.
 *
 * @throws MalformedContentError
 */
export function readJson(
  text: string,
  isWhole: boolean,
  path: readonly string[],
  range: PreviewRange,
  budget: PreviewBudget,
): ReadValue {
  const reader = new JsonReader(text, isWhole, budget, range);
  const value = reader.find(path);
  const isCut = reader.isAtEnd;
  if (isCut && isWhole) throw new MalformedContentError('it is not complete JSON');
  if (path.length === 0 && !isCut) reader.expectEnd();
  return { value, isCut };
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_CHARACTERS = /[\d.eE+-]*/y;
const LITERALS = { true: true, false: false, null: null } as const;
/** Of a value that is skipped: up to the next character that matters. */
const SKIPPED = /[^"[\]{}]*/y;

class JsonReader {
  readonly #text: string;
  readonly #isWhole: boolean;
  readonly #budget: PreviewBudget;
  readonly #range: PreviewRange;
  #at = 0;
  isAtEnd = false;

  constructor(text: string, isWhole: boolean, budget: PreviewBudget, range: PreviewRange) {
    this.#text = text;
    this.#isWhole = isWhole;
    this.#budget = budget;
    this.#range = range;
  }

  find(path: readonly string[]): PreviewValue | undefined {
    const [key, ...rest] = path;
    if (key === undefined) return this.#value(0, true);
    const open = this.#peek();
    if (open !== '{' && open !== '[') return undefined;
    for (let index = 0; this.#hasNext(open, index); index += 1) {
      const name = open === '{' ? this.#key() : String(index);
      if (name === undefined) return undefined;
      if (name === key) return this.find(rest);
      this.#skip();
    }
    return undefined;
  }

  expectEnd(): void {
    if (this.#peek() !== undefined) throw new MalformedContentError('it is not one JSON value');
  }

  #value(depth: number, isSelected = false): PreviewValue {
    const next = this.#peek();
    if (next === undefined) return this.#budget.omitted('value');
    if (next === '"') {
      const { text, isWhole } = this.#string();
      return this.#budget.text(text, isWhole);
    }
    if (next === '{' || next === '[') {
      const type = next === '{' ? 'object' : 'array';
      if (depth < MAX_PREVIEW_DEPTH && this.#budget.takeValue())
        return next === '{' ? this.#object(depth, isSelected) : this.#array(depth, isSelected);
      this.#skip();
      return this.#budget.omitted(type);
    }
    return this.#scalar();
  }

  #array(depth: number, isSelected: boolean): PreviewValue {
    const { from, limit } = isSelected ? this.#range : { from: 0, limit: MAX_INNER_ITEMS };
    const items: PreviewValue[] = [];
    let index = 0;
    for (; this.#hasNext('[', index); index += 1) {
      if (index < from || items.length >= limit || !this.#budget.takeValue()) this.#skip();
      else items.push(this.#value(depth + 1));
      if (this.isAtEnd) break;
    }
    if (items.length < index) this.#budget.isExceeded = true;
    return { is: 'array', length: this.isAtEnd ? -1 : index, items };
  }

  #object(depth: number, isSelected: boolean): PreviewValue {
    const { from, limit } = isSelected ? this.#range : { from: 0, limit: MAX_INNER_ITEMS };
    const entries: [string, PreviewValue][] = [];
    let index = 0;
    for (; this.#hasNext('{', index); index += 1) {
      const key = this.#key();
      if (key === undefined) break;
      if (index < from || entries.length >= limit || !this.#budget.takeValue()) this.#skip();
      else entries.push([this.#budget.name(key), this.#value(depth + 1)]);
      if (this.isAtEnd) break;
    }
    if (entries.length < index) this.#budget.isExceeded = true;
    return { is: 'object', length: this.isAtEnd ? -1 : index, entries };
  }

  /** Moves to the next item; false after the last one, or at the end of the text. */
  #hasNext(open: '{' | '[', index: number): boolean {
    const close = open === '{' ? '}' : ']';
    if (index === 0) this.#at += 1;
    const next = this.#peek();
    if (next === undefined) return false;
    if (next === close) {
      this.#at += 1;
      return false;
    }
    if (index === 0) return true;
    if (next !== ',') throw new MalformedContentError('a comma is missing in it');
    this.#at += 1;
    return this.#peek() !== undefined;
  }

  #key(): string | undefined {
    if (this.#peek() !== '"') throw new MalformedContentError('the name of a property is no text');
    const { text, isWhole } = this.#string();
    if (!isWhole) return undefined;
    if (this.#peek() === undefined) return undefined;
    if (this.#peek() !== ':') throw new MalformedContentError('a colon is missing in it');
    this.#at += 1;
    return text;
  }

  #string(): { readonly text: string; readonly isWhole: boolean } {
    const start = this.#at;
    const end = this.#endOfString(start);
    this.#at = end ?? this.#text.length;
    if (end === undefined) {
      this.isAtEnd = true;
      // An escape may be cut.
      return { text: this.#text.slice(start + 1).replace(/\\[^\\]{0,5}$/, ''), isWhole: false };
    }
    try {
      const parsed: unknown = JSON.parse(this.#text.slice(start, end));
      return { text: String(parsed), isWhole: true };
    } catch {
      throw new MalformedContentError('a text in it is not JSON');
    }
  }

  /** The position after the text that starts at `start`; undefined if it is cut. */
  #endOfString(start: number): number | undefined {
    for (let at = start + 1; ; ) {
      const quote = this.#text.indexOf('"', at);
      if (quote === -1) return undefined;
      let slashes = 0;
      while (this.#text[quote - 1 - slashes] === '\\') slashes += 1;
      if (slashes % 2 === 0) return quote + 1;
      at = quote + 1;
    }
  }

  #scalar(): PreviewValue {
    const rest = this.#text.slice(this.#at, this.#at + 5);
    const isLast = this.#at + rest.length === this.#text.length;
    for (const [name, value] of Object.entries(LITERALS)) {
      if (rest.startsWith(name)) {
        this.#at += name.length;
        return value;
      }
      if (isLast && name.startsWith(rest)) {
        this.#at = this.#text.length;
        this.isAtEnd = true;
        return this.#budget.omitted('value');
      }
    }
    NUMBER.lastIndex = this.#at;
    const [text] = NUMBER.exec(this.#text) ?? [];
    if (!this.#isWhole && this.#isCutNumber()) return this.#budget.omitted('number');
    if (text === undefined) throw new MalformedContentError('it is not JSON');
    this.#at += text.length;
    const value = Number(text);
    return Number.isInteger(value) && !Number.isSafeInteger(value) && String(value) !== text
      ? { is: 'scalar', type: 'number', text: text.slice(0, 400) }
      : numberValue(value);
  }

  /** Whether the text ends in a number, of which more digits may follow. */
  #isCutNumber(): boolean {
    NUMBER_CHARACTERS.lastIndex = this.#at;
    const end = this.#at + (NUMBER_CHARACTERS.exec(this.#text)?.[0].length ?? 0);
    if (end === this.#at || end < this.#text.length) return false;
    this.#at = end;
    this.isAtEnd = true;
    return true;
  }

  /** Skips one value (1). */
  #skip(): void {
    for (let depth = 0; ; ) {
      const next = this.#peek();
      if (next === undefined) return;
      if (next === '"') {
        const end = this.#endOfString(this.#at);
        this.isAtEnd ||= end === undefined;
        this.#at = end ?? this.#text.length;
      } else if (next === '{' || next === '[') {
        depth += 1;
        this.#at += 1;
      } else if (next === '}' || next === ']') {
        depth -= 1;
        this.#at += 1;
      } else if (depth === 0) {
        this.#scalar();
      } else {
        SKIPPED.lastIndex = this.#at;
        this.#at += SKIPPED.exec(this.#text)?.[0].length ?? 0;
      }
      if (depth <= 0 || this.isAtEnd) return;
    }
  }

  /** The next character that is no space; undefined at the end. */
  #peek(): string | undefined {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
    if (this.#at < this.#text.length) return this.#text[this.#at];
    this.isAtEnd = true;
    return undefined;
  }
}
