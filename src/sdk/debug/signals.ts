/**
 * Signals in debug mode: their values come with the start of the run, or from its host.
 *
 * Each wait takes the next value of its name. A wait without a value is announced, and stays pending:
 * a race with a timer may still end it.
 *
 * @module
 */
import { SignalMissingError } from '../errors.ts';
import type { DebugOptions } from './report.ts';

export class DebugSignals {
  readonly #values = new Map<string, unknown[]>();
  readonly #request: DebugOptions['requestSignal'];
  readonly #print: (line: string) => void;
  readonly #missing: string[] = [];

  constructor({ signals = [], requestSignal }: DebugOptions, print: (line: string) => void) {
    this.#request = requestSignal;
    this.#print = print;
    for (const { name, value } of signals)
      this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
  }

  async wait(name: string): Promise<unknown> {
    const values = this.#values.get(name) ?? [];
    if (values.length > 0) return values.shift();
    const requested = this.#request?.(name);
    if (requested !== undefined) return await requested;
    this.#missing.push(name);
    this.#print(
      `waits for the signal ${name}, for which debug mode has no value: pass one with --signal ${name}=<json>`,
    );
    return await new Promise<never>(() => undefined);
  }

  /** The error of logic that waits for nothing else; undefined if it waits for no signal. */
  get missingError(): SignalMissingError | undefined {
    const [first] = this.#missing;
    return first === undefined ? undefined : new SignalMissingError(first);
  }
}
