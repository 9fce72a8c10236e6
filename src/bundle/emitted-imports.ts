/**
 * The imports of an emitted bundle.
 *
 * @module
 */
import { initSync, parse } from 'es-module-lexer';

interface EmittedImport {
  readonly specifier: string;
  /** With the quotes. */
  readonly start: number;
  readonly end: number;
  /** `require('…')` of a CommonJS file of the project: it accepts paths, not URLs. */
  readonly required: boolean;
}

/** Static imports, dynamic imports with a literal, and the remaining calls of `require`. */
export function emittedImports(text: string): readonly EmittedImport[] {
  initSync();
  const found: EmittedImport[] = [];
  for (const { n: specifier, s: start, e: end, d: dynamic } of parse(text)[0]) {
    if (specifier === undefined || dynamic === -2) continue;
    // For a static import the lexer returns the text between the quotes.
    found.push(
      dynamic === -1
        ? { specifier, start: start - 1, end: end + 1, required: false }
        : { specifier, start, end, required: false },
    );
  }
  for (const match of text.matchAll(/\b__require\(("(?:[^"\\\n]|\\.)*")\)/g)) {
    const literal = match[1] ?? '""';
    const start = match.index + '__require('.length;
    found.push({
      specifier: String(JSON.parse(literal)),
      start,
      end: start + literal.length,
      required: true,
    });
  }
  return found;
}
