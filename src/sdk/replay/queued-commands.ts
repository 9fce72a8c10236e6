/**
 * The new commands of the logic as JSON, until they are dequeued.
 *
 * A command refers to the large parts of its arguments by number. Each part is queued once, however
 * many commands refer to it, and precedes them in their page.
 *
 * @module
 */
import { type PartItem, partsOf, sentValue, withParts } from '../../model/command-page.ts';
import type { Command, CommandOf } from '../../model/history.ts';
import type { InlineValue } from '../../model/value.ts';
import type { RawDeclaration } from '../declare.ts';

/** A command as the logic issues it. The host checks the declarations. */
export type IssuedCommand =
  | Exclude<Command, { kind: 'declare' | 'call' }>
  | { readonly kind: 'declare'; readonly component: RawDeclaration };

export type QueuedCommand = IssuedCommand | CommandOf<'call'>;

export class QueuedCommands {
  #rows: string[] = [];
  #dequeuedCount = 0;
  /** The numbers of the parts to which a row refers, for rows that refer to any. */
  readonly #partsByRow = new Map<number, readonly number[]>();
  readonly #numbers = { json: new Map<string, number>(), cbor: new Map<string, number>() };
  #partRows: string[] = [];

  get length(): number {
    return this.#rows.length - this.#dequeuedCount;
  }

  add(command: QueuedCommand, signature: string): void {
    const parts = partsOf(command);
    if (parts.length === 0) {
      this.#rows.push(JSON.stringify({ command, signature }));
      return;
    }
    const numbered = parts.map((part) => ({
      path: part.path,
      part: this.#numberOf(sentValue(part)),
    }));
    this.#partsByRow.set(
      this.#rows.length,
      numbered.map(({ part }) => part),
    );
    this.#rows.push(JSON.stringify({ command: withParts(command, numbered), signature }));
  }

  /** The next commands, at most `limit`, with the parts to which they refer. */
  dequeue(limit: number): string {
    const end = Math.min(this.#rows.length, this.#dequeuedCount + limit);
    const items: string[] = [];
    const included = new Set<number>();
    for (let index = this.#dequeuedCount; index < end; index++) {
      for (const number of this.#partsByRow.get(index) ?? []) {
        if (included.has(number)) continue;
        included.add(number);
        items.push(this.#partRows[number] ?? '');
      }
      items.push(this.#rows[index] ?? '');
    }
    this.#dequeuedCount = end;
    if (end === this.#rows.length) this.#clear();
    return `[${items.join(',')}]`;
  }

  #numberOf(value: InlineValue): number {
    const numbers = this.#numbers[value.format];
    const known = numbers.get(value.text);
    if (known !== undefined) return known;
    const number = this.#partRows.length;
    numbers.set(value.text, number);
    this.#partRows.push(JSON.stringify({ part: number, value } satisfies PartItem));
    return number;
  }

  #clear(): void {
    this.#rows = [];
    this.#dequeuedCount = 0;
    this.#partRows = [];
    this.#partsByRow.clear();
    this.#numbers.json.clear();
    this.#numbers.cbor.clear();
  }
}
