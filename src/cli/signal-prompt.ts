/**
 * Requests the values of signals on the terminal, for debug mode.
 *
 * @module
 */
import { createInterface, type Interface } from 'node:readline/promises';
import { readSignalValue } from './signal-arguments.ts';

export class SignalPrompt {
  #interface: Interface | undefined;
  /** Two prompts at once would share the line. */
  #last: Promise<unknown> = Promise.resolve();

  /** Fulfils with the value that is entered; undefined if there is no terminal. */
  readonly request = (name: string): Promise<unknown> | undefined => {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
    const entered = this.#last.then(() => this.#read(name));
    this.#last = entered.catch(() => undefined);
    return entered;
  };

  async #read(name: string): Promise<unknown> {
    this.#interface ??= createInterface({ input: process.stdin, output: process.stderr });
    while (true) {
      const text = await this.#interface.question(`value of the signal ${name} (JSON): `);
      try {
        return readSignalValue(name, text.trim() === '' ? undefined : text);
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }

  close(): void {
    this.#interface?.close();
  }
}
