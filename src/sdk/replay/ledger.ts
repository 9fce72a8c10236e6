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
import type { Arguments } from '../../model/value.ts';
import type { RawDeclaration } from '../declare.ts';
import { shortened } from './digest.ts';

/** A command as the logic issues it: a declaration is checked on the host's side. */
export type IssuedCommand = Exclude<Command, { kind: 'declare' | 'call' }> | { readonly kind: 'declare'; readonly component: RawDeclaration };

export interface Divergence {
  /** The command's number. */
  readonly number: number;
  /** Both by signature; `issued` goes on with what a short signature leaves out. */
  readonly recorded: string;
  readonly issued: string;
}

/** A loop that issues commands without end would fill the memory before any time limit stops it. */
export class RunawayLogicError extends HeadraceError {
  constructor(limit: number) {
    super(`the pipeline's logic made ${limit} calls without awaiting one: a loop without an end, or one that should await its steps`);
  }

  override get name(): string {
    return 'RunawayLogicError';
  }
}

/** A call that may still become `awaited`. */
interface OpenCall {
  readonly number: number;
  readonly component: string;
  readonly args: Arguments;
  readonly digest: string;
}

export class Ledger {
  divergence: Divergence | undefined;
  runaway = false;
  private readonly recorded: string[] = [];
  private closed = 0;
  private open: OpenCall | undefined;
  private openAwaited = false;
  private rows: string[] = [];
  private taken = 0;

  /** `limit`: new commands that are kept at the most. */
  constructor(private readonly limit: number) {}

  /** Commands issued so far. */
  get issued(): number {
    return this.open === undefined ? this.closed : this.closed + 1;
  }

  /** New commands that nobody took yet. */
  get waiting(): number {
    return this.rows.length - this.taken;
  }

  /** The signature of the next command on record that the logic has not issued; empty if there is none. */
  get missing(): string {
    return this.recorded[this.issued] ?? '';
  }

  /** The signature of the next command on record. */
  expect(signature: string): void {
    this.recorded.push(signature);
  }

  call(call: OpenCall): void {
    this.close();
    this.open = call;
    this.openAwaited = false;
  }

  /** True if call number `call` is the last command and no event came since: it is `awaited` then. */
  fold(call: number): boolean {
    if (this.open?.number !== call) return false;
    this.openAwaited = true;
    return true;
  }

  issue(command: IssuedCommand): void {
    this.close();
    const signature = signatureOf(command);
    if (!this.matches(signature, '')) this.keep(command, signature);
  }

  /** Nothing can be added to the last command any more. */
  close(): void {
    const { open, openAwaited } = this;
    if (open === undefined) return;
    this.open = undefined;
    const signature = (openAwaited ? 'call* ' : 'call ') + open.digest;
    if (this.matches(signature, open.args)) return;
    this.keep({ kind: 'call', component: open.component, args: open.args, digest: open.digest, awaited: openAwaited }, signature);
  }

  /** The next commands, at most `limit`, as JSON text of a list of `SignedCommand`. */
  take(limit: number): string {
    this.close();
    const end = Math.min(this.rows.length, this.taken + limit);
    const page = `[${this.rows.slice(this.taken, end).join(',')}]`;
    this.taken = end;
    if (end === this.rows.length) {
      this.rows = [];
      this.taken = 0;
    }
    return page;
  }

  /** True if the command is on record, or counts for nothing any more. */
  private matches(signature: string, detail: OpenCall['args'] | ''): boolean {
    const number = this.closed++;
    if (this.divergence !== undefined) return true;
    if (number >= this.recorded.length) return false;
    const recorded = this.recorded[number] ?? '';
    this.recorded[number] = '';
    if (recorded !== signature)
      this.divergence = { number, recorded, issued: detail === '' || !signature.includes('#') ? signature : `${signature}${argumentsOf(detail)}` };
    return true;
  }

  private keep(command: IssuedCommand | CommandOf<'call'>, signature: string): void {
    if (this.rows.length - this.taken >= this.limit) {
      this.runaway = true;
      throw new RunawayLogicError(this.limit);
    }
    this.rows.push(JSON.stringify({ command, signature }));
  }
}

const DETAIL = 500;

/** The text of arguments, where the signature has only their hash. */
function argumentsOf(args: OpenCall['args']): string {
  if (!('text' in args.data)) return '';
  return args.data.text.length > DETAIL ? ` ${args.data.text.slice(0, DETAIL)}…` : ` ${args.data.text}`;
}

/** The signature of a command that is no call: its kind and, shortened, what it says. */
function signatureOf(command: IssuedCommand): string {
  switch (command.kind) {
    case 'declare':
      return `declare ${command.component.name} ${shortened(JSON.stringify(command.component))}`;
    case 'await':
      return `await ${command.call}`;
    case 'sleep':
      return `sleep ${command.milliseconds}`;
    case 'outcome':
      return `outcome ${command.event} ${shortened(JSON.stringify(command.outcome, (key, value: unknown) => (key === 'stack' ? undefined : value)))}`;
    case 'addTags':
      return `addTags ${shortened(JSON.stringify(command.tags))}`;
    case 'abort':
      return `abort ${shortened(command.reason)}`;
    case 'artifact':
      return `artifact ${command.name} ${shortened(command.value.text)}`;
    // What a log says may hold a stack, which differs between machines.
    case 'log':
      return `log ${command.level}`;
    case 'point':
      return `point ${command.title} ${command.series} ${command.value} ${command.iteration}`;
    case 'returned':
      return `returned ${shortened(command.value.text)}`;
    case 'threw':
      return `threw ${command.error.name} ${shortened(command.error.message)}`;
  }
}
