/**
 * Texts on a canvas, cut to a width.
 *
 * @module
 */

/** No letter is wider than this share of the size of the font. */
const WIDEST = 1.05;

export class FittedTexts {
  readonly #known = new Map<string, string>();

  /** The text, or its start and an ellipsis if it is wider than `width`. */
  fit(context: CanvasRenderingContext2D, text: string, width: number, size: number): string {
    if (text.length * size * WIDEST <= width) return text;
    const key = `${context.font} ${width} ${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size > 20_000) this.#known.clear();
    const fitted = this.#cut(context, text, width);
    this.#known.set(key, fitted);
    return fitted;
  }

  #cut(context: CanvasRenderingContext2D, text: string, width: number): string {
    if (context.measureText(text).width <= width) return text;
    let low = 0;
    let high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
      else high = middle - 1;
    }
    return `${text.slice(0, low).toWellFormed()}…`;
  }
}
