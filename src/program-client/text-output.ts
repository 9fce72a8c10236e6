/**
 * An output of a command that is a text in memory.
 *
 * @module
 */
import { Writable } from 'node:stream';
import type { Output } from '../view/output.ts';
import { createColors } from '../view/terminal-text.ts';

/** Calls a command, and returns what it wrote to stdout. */
export async function textOf(command: (output: Output) => Promise<unknown>): Promise<string> {
  const chunks: Uint8Array[] = [];
  const write = async (text: string | Uint8Array): Promise<void> => {
    chunks.push(typeof text === 'string' ? Buffer.from(text) : text);
  };
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output: Output = {
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
  await command(output);
  return Buffer.concat(chunks).toString('utf8');
}
