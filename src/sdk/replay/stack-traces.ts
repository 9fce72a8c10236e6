/**
 * The stacks of errors in the logic.
 *
 * 1. The engine formats stacks through a function of the host. Near the end of the stack that function fails with an error of the host's realm, which would
 *    hand the user's code a way out of the context. So errors have no stack, unless the host trusts the code.
 * 2. Where there are stacks they hold frames of the bundle alone: the same on every machine.
 *
 * @module
 */

interface Frame {
  getFileName(): string | null | undefined;
  toString(): string;
}

/** `bundle` is the name of the bundle's file; null: no stacks. */
export function installStackTraces(bundle: string | null): void {
  if (bundle === null) {
    // An accessor is no number to the engine, so nothing is captured; and an assignment, as some packages make, is no error.
    Object.defineProperty(Error, 'stackTraceLimit', {
      get: () => 0,
      set: () => undefined,
      configurable: false,
    });
    return;
  }
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
