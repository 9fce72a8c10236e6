/**
 * A page of commands as JSON, as it leaves the logic's context and travels between processes.
 *
 * 1. Many commands may have the same large part in their arguments. Each part is one item of the
 *    page, and precedes the commands that refer to it by number.
 * 2. In memory, commands that share a part share one object.
 *
 * @module
 */
import type { Command, SignedCommand } from './history.ts';
import { type InlineValue, isStored, type Part } from './value.ts';

/** An item that is no command. */
export interface PartItem {
  readonly part: number;
  readonly value: InlineValue;
}

/** The large parts of the arguments in a command. */
export function partsOf(command: Pick<Command, 'kind'>): readonly Part[] {
  if (isCall(command)) return command.args.parts ?? [];
  return isChangedCall(command) ? (command.outcome.args?.parts ?? []) : [];
}

/** The command with other parts, or with their numbers. */
export function withParts(command: Pick<Command, 'kind'>, parts: readonly object[]): object {
  if (isCall(command)) return { ...command, args: { ...command.args, parts } };
  if (!isChangedCall(command)) return command;
  const { outcome } = command;
  return { ...command, outcome: { ...outcome, args: { ...outcome.args, parts } } };
}

/** The value of a part that the logic sent: it names no object of the store. */
export function sentValue({ value }: Part): InlineValue {
  if (isStored(value)) throw new TypeError('the logic sent a reference to an object');
  return value;
}

/** The JSON text of the page. */
export function writeCommands(commands: readonly SignedCommand[]): string {
  const numbers = new Map<InlineValue, number>();
  const items: string[] = [];
  for (const { command, signature } of commands) {
    const parts = partsOf(command);
    const numbered = parts.map((part) => {
      const value = sentValue(part);
      let number = numbers.get(value);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(value, number);
        items.push(JSON.stringify({ part: number, value } satisfies PartItem));
      }
      return { path: part.path, part: number };
    });
    items.push(
      JSON.stringify({
        command: parts.length === 0 ? command : withParts(command, numbered),
        signature,
      }),
    );
  }
  return `[${items.join(',')}]`;
}

const isCall = (command: Pick<Command, 'kind'>): command is Extract<Command, { kind: 'call' }> =>
  command.kind === 'call';

type ChangedCall = Extract<Command, { kind: 'outcome' }> & {
  readonly outcome: { readonly kind: 'preExecute' };
};

const isChangedCall = (command: Pick<Command, 'kind'>): command is ChangedCall =>
  command.kind === 'outcome' &&
  'outcome' in command &&
  (command as Extract<Command, { kind: 'outcome' }>).outcome.kind === 'preExecute';
