/**
 * The stacks of errors in the logic. A stack contains only frames of the bundle, so that it is the
 * same on every machine. Errors have no stack unless the host trusts the code
 * (`src/evaluator/context-prelude.ts`). Otherwise the record of an error has a number in the place of
 * the stack, by which the host finds the error (`src/evaluator/error-frames.ts`).
 *
 * @module
 */

interface Frame {
  getFileName(): string | null | undefined;
  toString(): string;
}

/** The most errors that the host can find by number: the last ones. */
const MAX_TRACED_ERRORS = 100;

const tracedErrors = new Map<number, object>();
let errorCount = 0;
let areStacksInstalled = false;

/** The stack of the record of an error that has none; undefined if errors have stacks. */
export function numberAsStack(error: object): string | undefined {
  if (areStacksInstalled) return undefined;
  errorCount += 1;
  tracedErrors.set(errorCount, error);
  tracedErrors.delete(errorCount - MAX_TRACED_ERRORS);
  return `error ${errorCount}`;
}

export const tracedError = (number: number): object | undefined => tracedErrors.get(number);

/** @param bundle the name of the bundle's file in stacks; null if errors have no stack */
export function installStackTraces(bundle: string | null): void {
  areStacksInstalled = bundle !== null;
  if (bundle === null) return;
  const format = (error: unknown, frames: readonly Frame[]): string => {
    const lines = [errorHeader(error)];
    for (const frame of frames) {
      if (frame.getFileName() === bundle) lines.push(`    at ${frame.toString()}`);
    }
    return lines.join('\n');
  };
  Object.defineProperty(Error, 'prepareStackTrace', {
    get: () => format,
    set: () => undefined,
    configurable: false,
  });
  Object.defineProperty(globalThis, 'Error', {
    value: Error,
    writable: false,
    configurable: false,
  });
}

function errorHeader(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'Error';
  }
}
