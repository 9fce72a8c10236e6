/**
 * Globals of Node that the language lacks. A bundle imports those that its code mentions: each `builtins/global-*.ts` is named by what it makes.
 *
 * @module
 */

export function defineGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
