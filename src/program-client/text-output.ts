/**
 * Outputs of commands that are no streams of the process.
 *
 * @module
 */
import { Writable } from 'node:stream';
import type { Output } from '../view/output.ts';
import { createColors } from '../view/terminal-text.ts';

/** Calls a command, and returns what it wrote to stdout. */
export async function textOf(command: (output: Output) => Promise<unknown>): Promise<string> {
  const chunks: Uint8Array[] = [];
  await command(
    outputTo(async (text) => {
      chunks.push(typeof text === 'string' ? Buffer.from(text) : text);
    }),
  );
  return Buffer.concat(chunks).toString('utf8');
}

/** An output that passes what is written to stdout to `write`, and drops the rest. */
export function outputTo(write: Output['write']): Output {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return {
    outIsTerminal: false,
    errIsTerminal: false,
    stdout: nowhere,
    stderr: nowhere,
    write,
    note: () => undefined,
    colors: createColors(false),
    columns: undefined,
    flush: async () => undefined,
  };
}
