/**
 * The file that a function was called from.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';

/** The file of the code that called `callee`, absolute; undefined if it was no file (a console, `eval`). */
export function callerFile(callee: (...args: never) => unknown): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName();
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, callee);
    return typeof holder.stack === 'string' ? toPath(holder.stack) : undefined;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Loaders put a query behind the file. */
function toPath(file: string): string | undefined {
  if (!file.startsWith('file:')) return file.startsWith('node:') ? undefined : file.replace(/\?.*$/, '');
  const url = new URL(file);
  url.search = '';
  url.hash = '';
  return fileURLToPath(url);
}
