/**
 * A history as bytes: gzipped lines of JSON. Such texts can be put behind each other as they are, so that a longer one is made without reading the shorter; and the code
 * that the history is of can lie before it.
 *
 * @module
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { HistoryEvent } from '../../model/history.ts';
import type { HistoryLine } from './protocol.ts';

/** Lines are read one at a time. */
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
