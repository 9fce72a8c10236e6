/**
 * Redirects the output of this process, that of native code and of later child processes included.
 *
 * @module
 */
import { closeSync, openSync } from 'node:fs';

const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;
const PRIVATE_FILE_MODE = 0o600;

/**
 * Appends standard output and errors to the file from now on. No other code may open a file at the
 * same time: the system gives a new file the lowest free descriptor, which is the closed one.
 */
export function redirectOutput(file: string): void {
  for (const descriptor of [STANDARD_OUTPUT, STANDARD_ERROR]) {
    closeSync(descriptor);
    const opened = openSync(file, 'a', PRIVATE_FILE_MODE);
    if (opened !== descriptor)
      throw new Error(`descriptor ${descriptor} could not be redirected: got ${opened}`);
  }
}
