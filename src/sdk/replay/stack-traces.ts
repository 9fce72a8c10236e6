/**
 * The stacks of errors in the logic. A stack contains only frames of the bundle, so that it is the
 * same on every machine. Errors have no stack unless the host trusts the code
 * (`src/evaluator/context-prelude.ts`).
 *
 * @module
 */

interface Frame {
  getFileName(): string | null | undefined;
  toString(): string;
}

/** @param bundle the name of the bundle's file in stacks; null if errors have no stack */
export function installStackTraces(bundle: string | null): void {
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
