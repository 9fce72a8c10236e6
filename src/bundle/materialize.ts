/**
 * A bundle's text made to run on the machine that it was made on. Loaded by runners: it must not
 * load the bundler.
 *
 * @module
 */
import { pathToFileURL } from 'node:url';
import { applyEdits } from './edits.ts';
import { emittedImports } from './emitted-imports.ts';

/**
 * The text with imports from outside leading to the files that they resolved to there, wherever the
 * text itself is stored.
 *
 * @param resolved `Bundle.resolvedImports`: absolute files by specifier
 */
export function materialize(text: string, resolved: Readonly<Record<string, string>>): string {
  const files = new Map(Object.entries(resolved));
  if (files.size === 0) return text;
  const edits = emittedImports(text).flatMap(({ specifier, start, end, required }) => {
    const file = files.get(specifier);
    return file === undefined
      ? []
      : [{ start, end, text: JSON.stringify(required ? file : pathToFileURL(file).href) }];
  });
  return applyEdits(text, { start: 0, end: text.length }, edits).text;
}
