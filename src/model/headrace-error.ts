/**
 * The root of the errors that Headrace throws. Apart from `errors.ts` because it also runs inside the evaluator's context, where nothing else is at hand.
 *
 * @module
 */

/** Marks the errors of every copy of Headrace: a program may load two (as ESM and as CommonJS), and the evaluator's context has its own. */
const BRAND = /* @__PURE__ */ Symbol.for('headrace.error');

/** The row of an error class in docs/errors.md, whose anchors are the names in lower case. */
export const docsOf = (name: string): string => `headrace/docs/errors.md#${name.toLowerCase()}`;

/** The root of every error that Headrace throws on purpose: its message says what happened, to what, and what to do. */
export abstract class HeadraceError extends Error {
  /** The place of the error's cause and remedy in the installed package. An uncaught error prints it, because the property is its own. */
  readonly docs: string = docsOf(this.name);

  override get name(): string {
    return this.constructor.name;
  }

  get [BRAND](): true {
    return true;
  }

  // biome-ignore-start lint/complexity/noThisInStatic: the class that `instanceof` asks, not this one
  /** True also for an error of the same name that another copy of Headrace made. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (typeof value !== 'object' || value === null || !(BRAND in value) || !('name' in value))
      return false;
    return this === HeadraceError || value.name === this.prototype.name;
  }
  // biome-ignore-end lint/complexity/noThisInStatic: the class that `instanceof` asks, not this one
}
