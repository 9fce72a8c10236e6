import type { Output } from '../../src/view/output.ts';
import { createColors } from '../../src/view/terminal-text.ts';

export interface CapturedOutput {
  readonly output: Output;
  /** What was written so far. */
  readonly printed: { stdout: string; stderr: string };
}

/** Makes an output of a command that is no terminal and keeps what is written. */
export function capturedOutput(): CapturedOutput {
  const printed = { stdout: '', stderr: '' };
  const output: Output = {
    write: async (text) => {
      printed.stdout += text.toString();
    },
    note: (line) => {
      printed.stderr += `${line}\n`;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    stdout: process.stdout,
    stderr: process.stderr,
    columns: undefined,
    colors: createColors(false),
    flush: async () => undefined,
  };
  return { output, printed };
}
