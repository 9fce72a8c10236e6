/**
 * The bounds of one preview, whatever the content is.
 *
 * @module
 */
import type { PreviewValue } from '../model/preview.ts';

/** Deeper values are omitted. */
export const MAX_PREVIEW_DEPTH = 12;
const MAX_VALUES = 5000;
/** All texts of a preview. */
const MAX_CHARACTERS = 300_000;
const MAX_TEXT_LENGTH = 2000;

export interface PreviewRange {
  /** The index of the first item of a list, or row of a table. */
  readonly from: number;
  /** The most items, entries or rows at the selected place. */
  readonly limit: number;
}

/** The most items of lists inside the selected value. */
export const MAX_INNER_ITEMS = 50;

export class PreviewBudget {
  #values = MAX_VALUES;
  #characters = MAX_CHARACTERS;
  /** Something was left out. */
  isExceeded = false;

  /** Whether another value has room. */
  takeValue(): boolean {
    if (this.#values > 0) this.#values -= 1;
    else this.isExceeded = true;
    return this.#values > 0;
  }

  /** The text, shortened if necessary. `isWhole`: the text is complete. */
  text(text: string, isWhole = true, maxLength = MAX_TEXT_LENGTH): PreviewValue {
    const length = Math.min(maxLength, this.#characters);
    this.#characters -= Math.min(length, text.length);
    if (isWhole && text.length <= length) return text;
    this.isExceeded = true;
    return { is: 'text', text: text.slice(0, length), length: isWhole ? text.length : -1 };
  }

  /** A name: of a property or a column. */
  name(text: string): string {
    const value = this.text(text, true, 256);
    return typeof value === 'string' ? value : `${text.slice(0, 255)}…`;
  }

  omitted(type: string, length: number | null = null): PreviewValue {
    this.isExceeded = true;
    return { is: 'omitted', type, length };
  }
}

/** A number, also one that JSON has no form for. */
export function numberValue(value: number): PreviewValue {
  return Number.isFinite(value) && !Object.is(value, -0)
    ? value
    : { is: 'scalar', type: 'number', text: Object.is(value, -0) ? '-0' : String(value) };
}
