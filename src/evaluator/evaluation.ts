/**
 * A pipeline's logic in the middle of its run: it is told of events one at a time and issues commands.
 *
 * 1. An event is delivered, drained, supplied with the values that the logic asks for (a drain each), and concluded, before the next one is.
 * 2. Nothing that it does depends on how the events came in pages, nor on when commands are taken.
 * 3. After an error it is of no further use.
 *
 * @module
 */
import type { HistoryEvent, SignedCommand } from '../model/history.ts';
import type { RunInfo } from '../model/run.ts';
import { type InlineValue, isStored, type StoredValue, type Value } from '../model/value.ts';
import { DIVERGED, RUNAWAY, VALUE_NEEDED } from '../sdk/replay/driver-interface.ts';
import type { StartedRun } from '../sdk/replay/run-view.ts';
import { readThrown } from './checked-driver.ts';
import {
  DivergenceError,
  HistoryMismatchError,
  NonStepAwaitError,
  RunawayLogicError,
} from './errors.ts';
import type { LogicContext } from './logic-context.ts';
import { readCommands } from './read-commands.ts';

export interface EvaluationOptions {
  readonly fetchValue: (value: StoredValue) => Promise<Uint8Array>;
  /** Larger values do not come into the logic. Bytes. */
  readonly valueLimit: number;
  /** A guarded piece of work ends by itself after this many milliseconds, well before its time limit. */
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

/** Part of a page of events. `next`: the event to go on with. `pause`: the last event needs something from outside. `page`: all is told. */
interface Piece {
  readonly next: number;
  readonly pausedAt?: HistoryEvent;
  readonly page?: RawPage;
}

export class Evaluation {
  /** Events delivered. */
  position = 0;
  /** Commands handed out or found on record. */
  commandCount = 0;
  /** Results that are stored elsewhere, by `call:value`, until the logic asks for them. */
  private readonly storedValues = new Map<string, StoredValue>();

  constructor(
    private readonly context: LogicContext,
    private readonly options: EvaluationOptions,
  ) {}

  /** Runs the logic up to its first await, to be compared with the commands on record. */
  async start(
    info: RunInfo,
    signatures: AsyncIterable<readonly string[]>,
    commandCount: number,
  ): Promise<void> {
    const { driver } = this.context;
    const recorded: string[] = [];
    for await (const page of commandCount > 0 ? signatures : []) {
      for (const signature of page) if (recorded.length < commandCount) recorded.push(signature);
      if (recorded.length === commandCount) break;
    }
    if (recorded.length < commandCount)
      throw new HistoryMismatchError(
        0,
        `${commandCount} commands are said to be on record, and there are ${recorded.length}`,
      );
    this.commandCount = commandCount;
    const valueNeeded = this.context.guard(() => {
      for (const signature of recorded) driver.expect(signature);
      driver.start(JSON.stringify(startedRun(info)));
      this.context.drain();
      return this.checkStatus();
    });
    if (valueNeeded) await this.supplyNeeds();
  }

  /**
   * Tells the logic of the events, in pages, up to number `end` (exclusive), and takes its new commands, at most `limit`.
   *
   * @throws DivergenceError, HistoryMismatchError, NonStepAwaitError, LogicTimeoutError, RunawayLogicError, TamperedContextError
   * @throws OptionError for the declaration of a component
   */
  async advance(
    events: AsyncIterable<readonly HistoryEvent[]>,
    endPosition: number,
    limit: number,
  ): Promise<Page> {
    for await (const page of this.position < endPosition ? events : []) {
      const newEvents = page.slice(0, endPosition - this.position);
      for (let next = 0; next < newEvents.length; ) {
        const piece = this.context.guard(() =>
          this.deliverEvents(newEvents, next, endPosition, limit),
        );
        if (piece.page !== undefined) return this.readPage(piece.page);
        next = piece.next;
        if (piece.pausedAt !== undefined) await this.supplyForEvent(piece.pausedAt);
      }
      if (this.position >= endPosition) break;
    }
    if (this.position < endPosition)
      throw new HistoryMismatchError(
        this.position,
        `it is missing: ${endPosition} events were to be told`,
      );
    return this.readPage(this.context.guard(() => this.takeCommands(limit)));
  }

  /** Tells of events from number `from` of the page on, up to one that needs more than a drain. Takes commands, if that was the last. Under a guard. */
  private deliverEvents(
    page: readonly HistoryEvent[],
    from: number,
    endPosition: number,
    limit: number,
  ): Piece {
    const deadline = performance.now() + this.options.pieceMs;
    let next = from;
    while (next < page.length) {
      const event = page[next++];
      if (event === undefined) break;
      this.position++;
      if (
        event.kind === 'callback' &&
        event.input.kind === 'preExecute' &&
        isStored(event.input.args.data)
      )
        return { next, pausedAt: event };
      if (!this.deliver(event)) continue;
      this.context.drain();
      if (this.checkStatus()) return { next, pausedAt: event };
      if (event.kind === 'callback') this.context.driver.concludeEvent();
      if (performance.now() > deadline) break;
    }
    return this.position === endPosition ? { next, page: this.takeCommands(limit) } : { next };
  }

  /** Whatever the event needs beyond a drain: arguments of a callback, values that the logic asks for. */
  private async supplyForEvent(event: HistoryEvent): Promise<void> {
    if (event.kind !== 'callback') return this.supplyNeeds();
    if (event.input.kind === 'preExecute' && isStored(event.input.args.data)) {
      const data = await this.fetchInline(event.input.args.data);
      const completeEvent = {
        ...event,
        input: { ...event.input, args: { ...event.input.args, data } },
      };
      this.context.guard(() => {
        this.deliver(completeEvent);
        this.context.drain();
        this.checkStatus();
      });
    }
    await this.supplyNeeds();
    this.context.guard(() => {
      this.context.driver.concludeEvent();
      this.checkStatus();
    });
  }

  /** The logic has come to where it must be. Under a guard. */
  private takeCommands(limit: number): RawPage {
    const { driver } = this.context;
    this.checkStatus();
    const missing = driver.missingCommand();
    if (missing !== '') throw new DivergenceError(undefined, this.position, missing, undefined);
    if (driver.state() === 'stuck') throw new NonStepAwaitError();
    return { json: driver.dequeueCommands(limit), more: driver.queuedCommandCount() > 0 };
  }

  private readPage({ json, more }: RawPage): Page {
    const commands = readCommands(json);
    this.commandCount += commands.length;
    return { commands, more };
  }

  /** True if the logic waits for something that the event brought. */
  private deliver(event: HistoryEvent): boolean {
    const { driver } = this.context;
    try {
      if (event.kind !== 'completed') return driver.deliver(JSON.stringify(event));
      const only = event.values[0];
      if (event.values.length === 1 && only !== undefined && !isStored(only))
        return driver.deliverCompleted(event.at, event.call, only.format, only.text);
      return driver.deliver(
        JSON.stringify({
          ...event,
          values: event.values.map((value, index) => this.deferStored(event.call, index, value)),
        }),
      );
    } catch (thrown) {
      throw new HistoryMismatchError(this.position - 1, readThrown(thrown).message);
    }
  }

  private deferStored(call: number, index: number, value: Value): InlineValue | null {
    if (!isStored(value)) return value;
    this.storedValues.set(`${call}:${index}`, value);
    return null;
  }

  private async fetchInline(value: StoredValue): Promise<InlineValue> {
    const bytes = Buffer.from(await this.options.fetchValue(value));
    return value.format === 'json'
      ? { format: 'json', text: bytes.toString('utf8') }
      : { format: 'cbor', text: bytes.toString('base64') };
  }

  /** Brings what the logic asks for, one value at a time. */
  private async supplyNeeds(): Promise<void> {
    const { driver } = this.context;
    for (let need = this.context.guard(() => driver.neededValue()); need !== ''; ) {
      const value = this.storedValues.get(need);
      if (value === undefined)
        throw new HistoryMismatchError(
          this.position - 1,
          `the logic asks for the value ${need}, which nothing is known of`,
        );
      this.storedValues.delete(need);
      const bytes = this.isFetched(value) ? await this.options.fetchValue(value) : undefined;
      need = this.context.guard(() => {
        this.supplyValue(value, bytes);
        this.context.drain();
        this.checkStatus();
        return driver.neededValue();
      });
    }
  }

  private isFetched(value: StoredValue): boolean {
    return (
      value.format !== 'file' && value.format !== 'folder' && value.size <= this.options.valueLimit
    );
  }

  private supplyValue(value: StoredValue, bytes: Uint8Array | undefined): void {
    const { driver } = this.context;
    if (value.format === 'file' || value.format === 'folder')
      driver.supplyFile(value.name ?? value.key);
    else if (bytes === undefined) driver.rejectTooLarge(value.size, this.options.valueLimit);
    else if (value.format === 'json') driver.supplyText('json', new TextDecoder().decode(bytes));
    else {
      new Uint8Array(driver.allocate(bytes.byteLength)).set(bytes);
      driver.supplyBytes(value.format);
    }
  }

  /** True if the logic asks for a value. Under a guard. @throws DivergenceError @throws RunawayLogicError */
  private checkStatus(): boolean {
    const { driver } = this.context;
    const status = driver.status();
    if (status === 0) return false;
    if ((status & RUNAWAY) !== 0) throw new RunawayLogicError();
    if ((status & DIVERGED) !== 0) throw divergenceError(driver.divergence(), this.position);
    return (status & VALUE_NEEDED) !== 0;
  }
}

function divergenceError(json: string, position: number): DivergenceError {
  const record: unknown = JSON.parse(json);
  const read = (name: string): unknown =>
    typeof record === 'object' && record !== null ? Reflect.get(record, name) : undefined;
  return new DivergenceError(
    Number(read('number')),
    position,
    String(read('recorded')),
    String(read('issued')),
  );
}

function startedRun({
  id,
  pipeline,
  project,
  version,
  args,
  code: { signature },
}: RunInfo): StartedRun {
  const { style, parameters, rest } = signature;
  return {
    id,
    name: pipeline,
    project,
    version,
    args,
    signature: { style, parameters: parameters.map(({ name }) => name), rest },
  };
}
