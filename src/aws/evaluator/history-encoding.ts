/**
 * A history as bytes: gzipped lines of JSON. Two such texts can be concatenated as they are: a
 * longer history is made without unpacking the shorter one, and the code of the logic can precede
 * it.
 *
 * @module
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { HistoryEvent } from '../../model/history.ts';
import type { HistoryLine } from './protocol.ts';

/** A reader parses one line at a time. */
const MAX_ITEMS_PER_LINE = 500;

export const packCode = (code: string): Uint8Array => gzipLines([{ code }]);

export function packHistory(
  events: readonly HistoryEvent[],
  signatures: readonly string[],
): Uint8Array {
  const lines: HistoryLine[] = [];
  for (let at = 0; at < events.length; at += MAX_ITEMS_PER_LINE)
    lines.push({ events: events.slice(at, at + MAX_ITEMS_PER_LINE) });
  for (let at = 0; at < signatures.length; at += MAX_ITEMS_PER_LINE)
    lines.push({ signatures: signatures.slice(at, at + MAX_ITEMS_PER_LINE) });
  return gzipLines(lines);
}

const gzipLines = (lines: readonly HistoryLine[]): Uint8Array =>
  gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

export function* unpackHistory(bytes: Uint8Array): Generator<HistoryLine> {
  for (const line of gunzipSync(bytes).toString().split('\n'))
    if (line !== '') yield JSON.parse(line);
}
