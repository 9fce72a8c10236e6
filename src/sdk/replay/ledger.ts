/**
 * The commands of the logic, in the order in which it issued them.
 *
 * 1. A command is closed by the next one, by an event, or when it is taken. Until then, and only then, a call may still become `awaited`.
 * 2. Commands that are on record are compared by their signature and forgotten; only new ones are kept, until they are taken.
 * 3. The first command that differs from its record is the divergence; what the logic issues after it counts for nothing.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';
import type { Command, CommandOf } from '../../model/history.ts';
import type { InlineValue, Ref } from '../../model/value.ts';
import type { RawDeclaration } from '../declare.ts';
import { shorten } from './digest.ts';

/** A command as the logic issues it: a declaration is checked on the host's side. */
export type IssuedCommand =
  | Exclude<Command, { kind: 'declare' | 'call' }>
  | { readonly kind: 'declare'; readonly component: RawDeclaration };

export interface Divergence {
  /** The command's number. */
  readonly number: number;
  /** Both by signature; `issued` goes on with what a short signature leaves out. */
  readonly recorded: string;
  readonly issued: string;
}

/** A loop that issues commands without end would fill the memory before any time limit stops it. */
export class CommandLimitError extends HeadraceError {
  constructor(limit: number) {
    super(
      `the pipeline's logic made ${limit} calls without awaiting one: a loop without an end, or one that should await its steps`,
    );
  }

  override get name(): string {
    return 'CommandLimitError';
  }
}

const NO_DATA: InlineValue = { format: 'json', text: '' };

export class Ledger {
  divergence: Divergence | undefined;
  runaway = false;
  readonly #recorded: string[] = [];
  #closedCount = 0;
  /** The last command, if it is a call that may still become `awaited`: its number among the calls, else -1. */
  #openCall = -1;
  #openComponent = '';
  #openDigest = '';
  #openData: InlineValue = NO_DATA;
  #openRefs: readonly Ref[] = [];
  #openAwaited = false;
  #rows: string[] = [];
  #dequeuedCount = 0;

  /** `limit`: new commands that are kept at the most. */
  constructor(private readonly limit: number) {}

  /** Commands issued so far. */
  get issued(): number {
    return this.#openCall < 0 ? this.#closedCount : this.#closedCount + 1;
  }

  /** New commands that nobody took yet. */
  get queuedCount(): number {
    return this.#rows.length - this.#dequeuedCount;
  }

  /** The signature of the next command on record that the logic has not issued; empty if there is none. */
  get missingCommand(): string {
    return this.#recorded[this.issued] ?? '';
  }

  /** The signature of the next command on record. */
  expect(signature: string): void {
    this.#recorded.push(signature);
  }

  /** Parts instead of an object: in a long replay most calls are compared and forgotten. */
  call(
    number: number,
    component: string,
    digest: string,
    data: InlineValue,
    refs: readonly Ref[],
  ): void {
    this.close();
    this.#openCall = number;
    this.#openComponent = component;
    this.#openDigest = digest;
    this.#openData = data;
    this.#openRefs = refs;
    this.#openAwaited = false;
  }

  /** True if call number `call` is the last command and no event came since: it is `awaited` then. */
  foldAwait(call: number): boolean {
    if (this.#openCall !== call) return false;
    this.#openAwaited = true;
    return true;
  }

  issue(command: IssuedCommand): void {
    this.close();
    const signature = signatureOf(command);
    if (!this.#matchesRecord(signature, NO_DATA)) this.#enqueue(command, signature);
  }

  /** Nothing can be added to the last command any more. */
  close(): void {
    if (this.#openCall < 0) return;
    this.#openCall = -1;
    const signature = (this.#openAwaited ? 'call* ' : 'call ') + this.#openDigest;
    if (this.#matchesRecord(signature, this.#openData)) return;
    const args = { data: this.#openData, refs: [...this.#openRefs] };
    this.#enqueue(
      {
        kind: 'call',
        component: this.#openComponent,
        args,
        digest: this.#openDigest,
        awaited: this.#openAwaited,
      },
      signature,
    );
  }

  /** The next commands, at most `limit`, as JSON text of a list of `SignedCommand`. */
  dequeue(limit: number): string {
    this.close();
    const end = Math.min(this.#rows.length, this.#dequeuedCount + limit);
    const page = `[${this.#rows.slice(this.#dequeuedCount, end).join(',')}]`;
    this.#dequeuedCount = end;
    if (end === this.#rows.length) {
      this.#rows = [];
      this.#dequeuedCount = 0;
    }
    return page;
  }

  /** True if the command is on record, or counts for nothing any more. */
  #matchesRecord(signature: string, data: InlineValue): boolean {
    const number = this.#closedCount++;
    if (this.divergence !== undefined) return true;
    if (number >= this.#recorded.length) return false;
    const recorded = this.#recorded[number] ?? '';
    this.#recorded[number] = '';
    if (recorded !== signature)
      this.divergence = { number, recorded, issued: signature + detailOf(signature, data) };
    return true;
  }

  #enqueue(command: IssuedCommand | CommandOf<'call'>, signature: string): void {
    if (this.#rows.length - this.#dequeuedCount >= this.limit) {
      this.runaway = true;
      throw new CommandLimitError(this.limit);
    }
    this.#rows.push(JSON.stringify({ command, signature }));
  }
}

const MAX_DETAIL_LENGTH = 500;

/** The text of arguments, where the signature has only their hash. */
function detailOf(signature: string, { text }: InlineValue): string {
  if (text === '' || !signature.includes('#')) return '';
  return text.length > MAX_DETAIL_LENGTH ? ` ${text.slice(0, MAX_DETAIL_LENGTH)}…` : ` ${text}`;
}

/** The signature of a command that is no call: its kind and, shortened, what it says. */
function signatureOf(command: IssuedCommand): string {
  switch (command.kind) {
    case 'declare':
      return `declare ${command.component.name} ${shorten(JSON.stringify(command.component))}`;
    case 'await':
      return `await ${command.call}`;
    case 'sleep':
      return `sleep ${command.durationMs}`;
    case 'outcome':
      return `outcome ${command.event} ${shorten(JSON.stringify(command.outcome, (key, value: unknown) => (key === 'stack' ? undefined : value)))}`;
    case 'addTags':
      return `addTags ${shorten(JSON.stringify(command.tags))}`;
    case 'abort':
      return `abort ${shorten(command.reason)}`;
    case 'artifact':
      return `artifact ${command.name} ${shorten(command.value.text)}`;
    // What a log says may hold a stack, which differs between machines.
    case 'log':
      return `log ${command.level}`;
    case 'point':
      return `point ${command.title} ${command.series} ${command.value} ${command.iteration}`;
    case 'returned':
      return `returned ${shorten(command.value.text)}`;
    case 'threw':
      return `threw ${command.error.name} ${shorten(command.error.message)}`;
  }
}
