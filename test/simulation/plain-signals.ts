/**
 * The signals of a plain run: one settles all waits for its name, or is kept for the next one.
 *
 * @module
 */
import type { Command } from '../../src/model/history.ts';

export class PlainSignals {
  readonly #waits = new Map<string, ((value: unknown) => void)[]>();
  readonly #kept = new Map<string, unknown[]>();

  /** @param position the number of events that the run was fed */
  wait(name: string, position: number, commands: Command[]): Promise<unknown> {
    commands.push({ kind: 'waitForSignal', name, position });
    const kept = this.#kept.get(name) ?? [];
    if (kept.length > 0) return Promise.resolve(kept.shift());
    return new Promise((resolve) =>
      this.#waits.set(name, [...(this.#waits.get(name) ?? []), resolve]),
    );
  }

  receive(name: string, text: string): void {
    const value: unknown = JSON.parse(text);
    const waits = this.#waits.get(name);
    this.#waits.delete(name);
    if (waits === undefined) this.#kept.set(name, [...(this.#kept.get(name) ?? []), value]);
    for (const resolve of waits ?? []) resolve(value);
  }
}
