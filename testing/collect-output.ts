/**
 * The output of a child process as text.
 *
 * @module
 */
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface CollectedOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** The output so far, complete once the process has closed. */
export function collectOutput(
  child: ChildProcessByStdio<null, Readable, Readable>,
): CollectedOutput {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  return output;
}
