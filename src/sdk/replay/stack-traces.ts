/**
 * The stacks of errors in the logic.
 *
 * 1. The JavaScript engine formats stacks through a function of the host. Near a stack overflow,
 *    that function throws an error of the host's realm, through which the user's code could leave
 *    the context. Therefore errors have no stack, unless the host trusts the code.
 * 2. A stack contains only frames of the bundle, so that it is the same on every machine.
 *
 * @module
 */

interface Frame {
  getFileName(): string | null | undefined;
  toString(): string;
}

/** @param bundle the name of the bundle's file in stacks; null if errors have no stack */
export function installStackTraces(bundle: string | null): void {
  if (bundle === null) {
    // For the engine an accessor is not a number, so it captures no stack. Assignments, which some
    // packages make, are ignored.
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
