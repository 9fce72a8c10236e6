/**
 * One execution of a pipeline's logic over its history: it receives events one at a time and issues
 * commands.
 *
 * 1. For each event, the host delivers it, drains the microtasks, supplies the values that the
 *    logic needs (with a drain after each), and concludes the event. Only then does it deliver the
 *    next one.
 * 2. The result does not depend on how the events are divided into pages, nor on when commands are
 *    dequeued.
 * 3. After an error, an evaluation must not be used any more.
 * 4. When the logic has returned and awaits no step, each promise that was rejected without a
 *    handler is a failure. It is decided after a drain, so that it depends on the events alone.
 *
 * @module
 */
import { z } from 'zod';
import type { HeadraceError } from '../model/headrace-error.ts';
import type { HistoryEvent, SignedCommand } from '../model/history.ts';
import type { RunInfo } from '../model/run.ts';
import {
  type Arguments,
  type InlineValue,
  isStored,
  type Part,
  type StoredValue,
  type Value,
  valuesOfArguments,
} from '../model/value.ts';
import { NonStepAwaitError } from '../sdk/errors.ts';
import { DIVERGED, QUIET, RUNAWAY, VALUE_NEEDED } from '../sdk/replay/driver-interface.ts';
import type { StartedRun } from '../sdk/replay/run-view.ts';
import { parseContextJson } from './context-json.ts';
import {
  DivergenceError,
  HistoryMismatchError,
  RunawayLogicError,
  TamperedContextError,
} from './errors.ts';
import type { LogicContext } from './logic-context.ts';
import { readCommands } from './read-commands.ts';
import { rejectionsReported } from './unhandled-rejections.ts';

export interface EvaluationOptions {
  readonly fetchValue: (value: StoredValue) => Promise<Uint8Array>;
  /** The most bytes of a value that is loaded into the logic. */
  readonly valueLimit: number;
  /**
   * A guarded piece of work returns after about this many milliseconds, well before its time limit.
   */
  readonly pieceMs: number;
}

interface Page {
  readonly commands: readonly SignedCommand[];
  readonly more: boolean;
}

interface RawPage {
  readonly json: string;
  readonly more: boolean;
}

/**
 * The result of delivering some events of a page. `next` is the index of the next event. `pausedAt`
 * is an event that needs the host before it is concluded. `page` is present when all
 * events are delivered.
 */
interface Piece {
  readonly next: number;
  readonly pausedAt?: HistoryEvent;
  readonly page?: RawPage;
}

export class Evaluation {
  readonly #context: LogicContext;
  readonly #options: EvaluationOptions;
  /** Results that are stored as objects, by `call:value`, until the logic needs them. */
  readonly #storedValues = new Map<string, StoredValue>();
  #position = 0;
  #commandCount = 0;

  constructor(context: LogicContext, options: EvaluationOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** The number of delivered events. */
  get position(): number {
    return this.#position;
  }

  /** The number of commands that were returned or found in the records. */
  get commandCount(): number {
    return this.#commandCount;
  }

  /** Runs the logic up to its first await. Its commands are compared with the recorded ones. */
  async start(
    info: RunInfo,
    signatures: AsyncIterable<readonly string[]>,
    commandCount: number,
  ): Promise<void> {
    const { driver } = this.#context;
    const recorded: string[] = [];
    for await (const page of commandCount > 0 ? signatures : []) {
      for (const signature of page) if (recorded.length < commandCount) recorded.push(signature);
      if (recorded.length === commandCount) break;
    }
    if (recorded.length < commandCount)
      throw new HistoryMismatchError(
        0,
        `${commandCount} commands must be on record, and there are ${recorded.length}`,
      );
    this.#commandCount = commandCount;
    const started = startedRun(info, await this.#fetchNamed(info.encodedArgs));
    const mustPause = this.#context.guard(() => {
      for (const signature of recorded) driver.expect(signature);
      driver.start(JSON.stringify(started));
      this.#context.drain();
      return this.#checkStatus();
    });
    if (mustPause) {
      await this.#supplyNeeds();
      await this.#concludeRejections();
    }
  }

  /**
   * Delivers the events before `endPosition` to the logic, and returns at most `limit` of its new
   * commands.
   *
   * @throws DivergenceError, HistoryMismatchError, NonStepAwaitError, LogicTimeoutError,
   * RunawayLogicError, TamperedContextError
   * @throws OptionError for the declaration of a component
   */
  async advance(
    events: AsyncIterable<readonly HistoryEvent[]>,
    endPosition: number,
    limit: number,
  ): Promise<Page> {
    for await (const page of this.#position < endPosition ? events : []) {
      const newEvents = page.slice(0, endPosition - this.#position);
      for (let next = 0; next < newEvents.length; ) {
        const piece = this.#context.guard(() =>
          this.#deliverEvents(newEvents, next, endPosition, limit),
        );
        if (piece.page !== undefined) return this.#readPage(piece.page);
        next = piece.next;
        if (piece.pausedAt !== undefined) await this.#supplyForEvent(piece.pausedAt);
      }
      if (this.#position >= endPosition) break;
    }
    if (this.#position < endPosition)
      throw new HistoryMismatchError(
        this.#position,
        `it is missing: ${endPosition} events were expected`,
      );
    return this.#readPage(this.#context.guard(() => this.#dequeueCommands(limit)));
  }

  /**
   * Delivers the events of the page from index `from` on, up to one that needs more than a drain.
   * Returns commands if the last event was delivered. Runs under a guard.
   */
  #deliverEvents(
    page: readonly HistoryEvent[],
    from: number,
    endPosition: number,
    limit: number,
  ): Piece {
    const deadline = performance.now() + this.#options.pieceMs;
    let next = from;
    while (next < page.length) {
      const event = page[next++];
      if (event === undefined) break;
      this.#position++;
      if (hasStoredArguments(event)) return { next, pausedAt: event };
      if (!this.#deliver(event)) continue;
      this.#context.drain();
      if (this.#checkStatus()) return { next, pausedAt: event };
      if (event.kind === 'callback') this.#context.driver.concludeEvent();
      if (performance.now() > deadline) break;
    }
    return this.#position === endPosition ? { next, page: this.#dequeueCommands(limit) } : { next };
  }

  /**
   * Supplies everything that the event needs beyond a drain: the arguments of a callback, and
   * values that the logic needs.
   */
  async #supplyForEvent(event: HistoryEvent): Promise<void> {
    if (event.kind !== 'callback') {
      await this.#supplyNeeds();
      return this.#concludeRejections();
    }
    if (event.input.kind === 'preExecute' && hasStoredArguments(event)) {
      const args = await this.#fetchArguments(event.input.args);
      const completeEvent = { ...event, input: { ...event.input, args } };
      this.#context.guard(() => {
        this.#deliver(completeEvent);
        this.#context.drain();
        this.#checkStatus();
      });
    }
    await this.#supplyNeeds();
    this.#context.guard(() => {
      this.#context.driver.concludeEvent();
      this.#checkStatus();
    });
    await this.#concludeRejections();
  }

  /** Passes the rejections without a handler to the logic, if it is quiet (4). */
  async #concludeRejections(): Promise<void> {
    const { driver, rejectedPromises } = this.#context;
    if (!this.#context.guard(() => (driver.status() & QUIET) !== 0)) return;
    await rejectionsReported();
    const reasons = rejectedPromises.take();
    this.#context.guard(() => {
      for (const reason of reasons) driver.addUnhandledRejection(reason);
      driver.concludeRejections();
      this.#checkStatus();
    });
  }

  /**
   * Returns new commands, after a check that the logic issued all recorded ones. Runs under a
   * guard.
   */
  #dequeueCommands(limit: number): RawPage {
    const { driver } = this.#context;
    this.#checkStatus();
    const missing = driver.missingCommand();
    if (missing !== '') throw new DivergenceError(undefined, this.#position, missing, undefined);
    if (driver.state() === 'stuck') throw new NonStepAwaitError();
    return { json: driver.dequeueCommands(limit), more: driver.queuedCommandCount() > 0 };
  }

  #readPage({ json, more }: RawPage): Page {
    const commands = readCommands(json);
    this.#commandCount += commands.length;
    return { commands: this.#context.withErrorFrames(commands), more };
  }

  /**
   * Returns true if the event settled something that the logic awaits, so that a drain is needed.
   */
  #deliver(event: HistoryEvent): boolean {
    const { driver } = this.#context;
    try {
      if (event.kind !== 'completed') return driver.deliver(JSON.stringify(event));
      const only = event.values[0];
      if (event.values.length === 1 && only !== undefined && !isStored(only))
        return driver.deliverCompleted(event.at, event.call, only.format, only.text);
      return driver.deliver(
        JSON.stringify({
          ...event,
          values: event.values.map((value, index) => this.#deferStored(event.call, index, value)),
        }),
      );
    } catch (thrown) {
      throw new HistoryMismatchError(this.#position - 1, this.#context.readThrown(thrown).message);
    }
  }

  /** Keeps a stored value for later, and returns `null` in its place. */
  #deferStored(call: number, index: number, value: Value): InlineValue | null {
    if (!isStored(value)) return value;
    this.#storedValues.set(`${call}:${index}`, value);
    return null;
  }

  async #fetchArguments({ data, refs, parts = [] }: Arguments): Promise<Arguments> {
    const loadedParts: Part[] = [];
    for (const { path, value } of parts)
      loadedParts.push({ path, value: await this.#fetchInline(value) });
    return { data: await this.#fetchInline(data), refs, parts: loadedParts };
  }

  /** The arguments of a child run that its record does not contain as JSON. */
  async #fetchNamed(
    args: RunInfo['encodedArgs'],
  ): Promise<Readonly<Record<string, InlineValue>> | undefined> {
    if (args === undefined) return undefined;
    const named: [string, InlineValue][] = [];
    for (const [name, value] of Object.entries(args))
      named.push([name, await this.#fetchInline(value)]);
    return Object.fromEntries(named);
  }

  async #fetchInline(value: Value): Promise<InlineValue> {
    if (!isStored(value)) return value;
    const bytes = Buffer.from(await this.#options.fetchValue(value));
    return value.format === 'json'
      ? { format: 'json', text: bytes.toString('utf8') }
      : { format: 'cbor', text: bytes.toString('base64') };
  }

  /** Supplies the values that the logic needs, one at a time. */
  async #supplyNeeds(): Promise<void> {
    const { driver } = this.#context;
    for (let need = this.#context.guard(() => driver.neededValue()); need !== ''; ) {
      const value = this.#storedValues.get(need);
      if (value === undefined)
        throw new HistoryMismatchError(
          this.#position - 1,
          `the logic needs the value ${need}, which no event delivered`,
        );
      this.#storedValues.delete(need);
      const bytes = this.#isFetched(value) ? await this.#options.fetchValue(value) : undefined;
      need = this.#context.guard(() => {
        this.#supplyValue(value, bytes);
        this.#context.drain();
        this.#checkStatus();
        return driver.neededValue();
      });
    }
  }

  #isFetched(value: StoredValue): boolean {
    return (
      value.format !== 'file' && value.format !== 'folder' && value.size <= this.#options.valueLimit
    );
  }

  #supplyValue(value: StoredValue, bytes: Uint8Array | undefined): void {
    const { driver } = this.#context;
    if (value.format === 'file' || value.format === 'folder')
      driver.supplyFile(value.name ?? value.key);
    else if (bytes === undefined) driver.rejectTooLarge(value.size, this.#options.valueLimit);
    else if (value.format === 'json') driver.supplyText('json', new TextDecoder().decode(bytes));
    else {
      new Uint8Array(driver.allocate(bytes.byteLength)).set(bytes);
      driver.supplyBytes(value.view ?? value.format);
    }
  }

  /**
   * Returns true if the evaluation must pause, because the logic needs a value or is quiet. Runs
   * under a guard. @throws DivergenceError, RunawayLogicError
   */
  #checkStatus(): boolean {
    const { driver } = this.#context;
    const status = driver.status();
    if (status === 0) return false;
    if ((status & RUNAWAY) !== 0) throw new RunawayLogicError();
    if ((status & DIVERGED) !== 0) throw divergenceError(driver.divergence(), this.#position);
    return (status & (VALUE_NEEDED | QUIET)) !== 0;
  }
}

/** Whether arguments of the callback must be loaded before the event is delivered. */
const hasStoredArguments = (event: HistoryEvent): boolean =>
  event.kind === 'callback' &&
  event.input.kind === 'preExecute' &&
  valuesOfArguments(event.input.args).some(isStored);

const divergenceSchema = z.object({
  number: z.number(),
  recorded: z.string(),
  issued: z.string(),
});

function divergenceError(json: string, position: number): HeadraceError {
  const read = divergenceSchema.safeParse(parseContextJson(json));
  if (!read.success) return new TamperedContextError('divergence');
  const { number, recorded, issued } = read.data;
  return new DivergenceError(number, position, recorded, issued);
}

function startedRun(
  { id, pipeline, project, version, args, code: { signature } }: RunInfo,
  encodedArgs: StartedRun['encodedArgs'],
): StartedRun {
  const { style, parameters, rest } = signature;
  return {
    id,
    name: pipeline,
    project,
    version,
    args,
    ...(encodedArgs === undefined ? {} : { encodedArgs }),
    signature: { style, parameters: parameters.map(({ name }) => name), rest },
  };
}
