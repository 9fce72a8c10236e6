/**
 * Downloads a log as text.
 *
 * @module
 */
import { type LogSource, readLog } from '../../../api/logs.ts';
import { ApiError } from '../../../api/problems.ts';
import { isTransient } from '../../../api/query-client.ts';
import { showMessage } from '../../../ui/messages.ts';
import { saveFile } from '../../../ui/save-file.ts';
import type { LogFilter } from './log-reader.ts';

const PAGE_LINES = 5_000;
const RETRY_MS = 3_000;

/** Reads a log from its start and saves it as a file. */
export async function downloadLog(source: LogSource, filter: LogFilter): Promise<void> {
  try {
    const parts = await readWhole(source, filter);
    saveFile(new Blob(parts, { type: 'text/plain;charset=utf-8' }), fileNameOf(source));
  } catch (error) {
    showMessage(
      `The log could not be read: ${error instanceof Error ? error.message : String(error)}`,
      'failed',
    );
  }
}

async function readWhole(source: LogSource, filter: LogFilter): Promise<string[]> {
  const parts: string[] = [];
  const { signal } = new AbortController();
  let cursor: string | undefined;
  while (true) {
    try {
      const page = await readLog(source, { limit: PAGE_LINES, cursor, ...filter }, signal);
      parts.push(page.lines.map((line) => line.text + ('continues' in line ? '' : '\n')).join(''));
      if (!page.hasMore) return parts;
      cursor = page.next;
    } catch (error) {
      if (!isTransient(error)) throw error;
      const delay = (error instanceof ApiError ? error.retryAfterMs : undefined) ?? RETRY_MS;
      await new Promise((resolve) => {
        setTimeout(resolve, delay);
      });
    }
  }
}

const fileNameOf = ({ run, call }: LogSource): string =>
  call === null ? `${run}.log` : `${run}-${call}.log`;
