/**
 * JSON files as modules: with or without a byte order mark, and with the place of an error.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { parseSync } from 'rolldown/utils';
import { SourceSyntaxError } from './errors.ts';
import { codeFrame, locationOf } from './source-location.ts';

/**
 * @param id the name of the file in messages
 * @throws SourceSyntaxError
 */
export function readJsonFile(file: string, id: string): string {
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const location = locationOf(id, text, positionOf(text, reason));
    throw new SourceSyntaxError(
      location,
      `it is not valid JSON: ${reason}`,
      codeFrame(text, location),
    );
  }
}

/** Not every message of `JSON.parse` has the position; the parser of JavaScript knows most. */
function positionOf(text: string, reason: string): number {
  const stated = /\bposition (\d+)/.exec(reason)?.[1];
  if (stated !== undefined) return Number(stated);
  if (/\bend of JSON\b/.test(reason)) return text.length;
  const [error] = parseSync('data.js', `(${text}\n)`).errors;
  return Math.max(0, (error?.labels[0]?.start ?? 1) - 1);
}
