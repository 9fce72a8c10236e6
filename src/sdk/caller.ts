/**
 * The position of a function's call in the source: its file, and the constant that its result
 * initialises.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The absolute path of the file that called `callee`; undefined if the caller is not a file (a
 * console, `eval`).
 */
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

/** Without the query that loaders append to a file. */
function toPath(file: string): string | undefined {
  if (!file.startsWith('file:'))
    return file.startsWith('/') || /^[A-Za-z]:[\\/]/.test(file)
      ? file.replace(/\?.*$/, '')
      : undefined;
  const url = new URL(file);
  url.search = '';
  url.hash = '';
  return fileURLToPath(url);
}

let unnamedCount = 0;

/**
 * The name of the constant (or property) that receives the result of this call of `callee`, read
 * from the source. If the source cannot be read, the name is one that no other call has. Only debug
 * mode of a plain program depends on it: everywhere else, the bundler knows the name.
 */
export function callerConstant(callee: (...args: never) => unknown): string {
  return constantAt(callLocation(callee)) ?? `unnamed_${++unnamedCount}`;
}

export interface CallLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The position of the call in the source as written, if the program runs with source maps. */
export function callLocation(callee: (...args: never) => unknown): CallLocation | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace(holder, callee);
  const [, path, line, column] =
    /(?:\(|at )((?:file:|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/m.exec(String(holder.stack)) ?? [];
  Error.stackTraceLimit = stackTraceLimit;
  const file = path === undefined ? undefined : toPath(path);
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
}

const ASSIGNMENT_TARGET =
  /([\p{L}_$][\p{L}\p{N}_$]*)\s*(?::[^=;]*)?[=:]\s*(?:\/\*.*?\*\/\s*)?[\w$.]*$/u;

const constantAt = (location: CallLocation | undefined): string | undefined =>
  ASSIGNMENT_TARGET.exec(textBefore(location))?.[1];

const COMMONJS_FILE = /\.c[jt]s$/;
/** A property or an element of a literal, or an assignment to a property of `exports`. */
const MEMBER_TARGET =
  /(?:[{,]\s*(?:[\p{L}_$][\p{L}\p{N}_$]*|'[^']*'|"[^"]*")\s*:|\[|exports(?:\.[\w$]+)?\s*=)\s*(?:\/\*.*?\*\/\s*)?[\w$.]*$/u;

/**
 * Whether the result of the call is a member of an object or an array, or of a CommonJS module, as far
 * as the source before the call shows it. For debug mode of a plain program.
 */
export const isMemberAt = (location: CallLocation | undefined): boolean =>
  location !== undefined &&
  (COMMONJS_FILE.test(location.file) || MEMBER_TARGET.test(textBefore(location)));

/** The text before the call, from two lines above it. Empty if the source cannot be read. */
function textBefore(location: CallLocation | undefined): string {
  if (location === undefined) return '';
  try {
    const lines = readFileSync(location.file, 'utf8').split('\n').slice(0, location.line);
    const last = lines.pop() ?? '';
    return [...lines.slice(-2), last.slice(0, location.column - 1)].join('\n');
  } catch {
    return '';
  }
}
