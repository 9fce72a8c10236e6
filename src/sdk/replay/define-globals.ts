/**
 * Defines globals of Node.js that are not part of the language. The name of each file
 * `builtins/global-*.ts` lists its globals, and a bundle imports the files whose globals it
 * mentions.
 *
 * @module
 */

export function defineGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
