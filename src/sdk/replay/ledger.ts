/**
 * The commands of the logic, in the order in which it issued them.
 *
 * 1. A command is closed by the next command, by an event, or when it is dequeued. Until then, a
 *    call may become `awaited`.
 * 2. Recorded commands are compared by their signature and dropped. Only new commands are kept,
 *    until they are dequeued.
 * 3. The first command that differs from its record is the divergence. All commands after it are
 *    ignored.
 * 4. A large part of arguments is in memory once, and once in each page that needs it.
 *
 * @module
 */
import { type EncodedArguments, toInline } from '../../codec/index.ts';
import { HeadraceError } from '../../model/headrace-error.ts';
import type { CallbackOutcome, CommandOf } from '../../model/history.ts';
import { partsText, shorten } from './digest.ts';
import { type IssuedCommand, type QueuedCommand, QueuedCommands } from './queued-commands.ts';

export interface Divergence {
  /** The command's number. */
  readonly number: number;
  /** The signature of the recorded command. */
  readonly recorded: string;
  /** The signature of the issued command, followed by the details that a short signature omits. */
  readonly issued: string;
}

/**
 * The logic issued too many commands. An endless loop would fill the memory before a time limit
 * stops it.
 */
export class CommandLimitError extends HeadraceError {
  constructor(limit: number) {
    super(
      `the pipeline's logic made ${limit} calls without awaiting one: its loop is endless, or should await its steps`,
    );
  }

  override get name(): string {
    return 'CommandLimitError';
  }
}

export class Ledger {
  divergence: Divergence | undefined;
  runaway = false;
  readonly #limit: number;
  readonly #recorded: string[] = [];
  #closedCount = 0;
  /**
   * The call number of the last command, if it is a call that may still become `awaited`; else -1.
   */
  #openCall = -1;
  #openComponent = '';
  #openDigest = '';
  #openArguments: EncodedArguments | undefined;
  #openAwaited = false;
  readonly #queue = new QueuedCommands();

  /** @param limit the largest number of new commands that are queued */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of commands issued so far. */
  get issued(): number {
    return this.#openCall < 0 ? this.#closedCount : this.#closedCount + 1;
  }

  /** The number of new commands that are not dequeued. */
  get queuedCount(): number {
    return this.#queue.length;
  }

  /**
   * The signature of the next recorded command that the logic has not issued; empty if there is
   * none.
   */
  get missingCommand(): string {
    return this.#recorded[this.issued] ?? '';
  }

  /** Adds the signature of the next recorded command. */
  expect(signature: string): void {
    this.#recorded.push(signature);
  }

  /**
   * Issues a call. It takes parts instead of an object, because a long replay compares and drops
   * most calls.
   */
  call(number: number, component: string, digest: string, args: EncodedArguments): void {
    this.close();
    this.#openCall = number;
    this.#openComponent = component;
    this.#openDigest = digest;
    this.#openArguments = args;
    this.#openAwaited = false;
  }

  /** Marks the call as `awaited`, if its command is still open. Returns whether it was. */
  foldAwait(call: number): boolean {
    if (this.#openCall !== call) return false;
    this.#openAwaited = true;
    return true;
  }

  issue(command: IssuedCommand): void {
    this.close();
    const signature = signatureOf(command);
    if (!this.#matchesRecord(signature, '')) this.#enqueue(command, signature);
  }

  /** Closes the last command (1). */
  close(): void {
    const args = this.#openArguments;
    if (this.#openCall < 0 || args === undefined) return;
    this.#openCall = -1;
    this.#openArguments = undefined;
    const signature = (this.#openAwaited ? 'call* ' : 'call ') + this.#openDigest;
    if (this.#matchesRecord(signature, args.digestText)) return;
    this.#enqueue(
      {
        kind: 'call',
        component: this.#openComponent,
        args: toArguments(args),
        digest: this.#openDigest,
        awaited: this.#openAwaited,
      },
      signature,
    );
  }

  /** The next commands, at most `limit`, as the JSON text of a list of `PageItem`. */
  dequeue(limit: number): string {
    this.close();
    return this.#queue.dequeue(limit);
  }

  /** Whether the command is recorded, or ignored (3). */
  #matchesRecord(signature: string, details: string): boolean {
    const number = this.#closedCount++;
    if (this.divergence !== undefined) return true;
    if (number >= this.#recorded.length) return false;
    const recorded = this.#recorded[number] ?? '';
    this.#recorded[number] = '';
    if (recorded !== signature)
      this.divergence = { number, recorded, issued: signature + detailOf(signature, details) };
    return true;
  }

  #enqueue(command: QueuedCommand, signature: string): void {
    if (this.#queue.length >= this.#limit) {
      this.runaway = true;
      throw new CommandLimitError(this.#limit);
    }
    this.#queue.add(command, signature);
  }
}

/** The arguments as a command contains them. */
export const toArguments = ({
  data,
  refs,
  parts,
}: EncodedArguments): CommandOf<'call'>['args'] => ({
  data: toInline(data),
  refs: [...refs],
  ...(parts.length === 0 ? {} : { parts: [...parts] }),
});

const MAX_DETAIL_LENGTH = 500;

/** The text of the arguments, if the signature has only their hash. */
function detailOf(signature: string, text: string): string {
  if (text === '' || !signature.includes('#')) return '';
  return text.length > MAX_DETAIL_LENGTH ? ` ${text.slice(0, MAX_DETAIL_LENGTH)}…` : ` ${text}`;
}

/** The text of a callback's outcome. Stacks differ between machines; parts count as their hash. */
function outcomeText(outcome: CallbackOutcome): string {
  const args = outcome.kind === 'preExecute' ? outcome.args : undefined;
  const counted =
    args?.parts === undefined
      ? outcome
      : { ...outcome, args: { ...args, parts: partsText(args.parts) } };
  return JSON.stringify(counted, (key, value: unknown) => (key === 'stack' ? undefined : value));
}

/** The signature of a command that is not a call: its kind and its content, shortened. */
function signatureOf(command: IssuedCommand): string {
  switch (command.kind) {
    case 'declare':
      return `declare ${command.component.name} ${shorten(JSON.stringify(command.component))}`;
    case 'await':
      return `await ${command.call}`;
    case 'unhandled':
      return `unhandled ${command.call}`;
    case 'sleep':
      return `sleep ${command.durationMs}`;
    case 'cancel':
      return `cancel ${command.call}`;
    case 'waitForSignal':
      return `waitForSignal ${command.name}`;
    case 'outcome':
      return `outcome ${command.event} ${shorten(outcomeText(command.outcome))}`;
    case 'addTags':
      return `addTags ${shorten(JSON.stringify(command.tags))}`;
    case 'abort':
      return `abort ${shorten(command.reason)}`;
    case 'artifact':
      return `artifact ${command.name} ${shorten(command.value.text)}`;
    // The text of a log may contain a stack, which differs between machines.
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
