/**
 * Describes which steps hold the slots that a step waits for, for views and logs.
 *
 * @module
 */
import { limitName } from '../model/concurrency.ts';
import type { RunId } from '../model/ids.ts';
import { callsIn, type LimitState, waitingCalls } from '../model/limit-state.ts';
import type { Run } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import type { Limits, StoredLimit } from './limits.ts';

/** Holders that a text names. */
const MAX_NAMED_HOLDERS = 3;

export interface HolderReader {
  run(id: RunId): Promise<Pick<Run, 'info'> | undefined>;
  steps(run: RunId, calls: readonly number[]): Promise<readonly Pick<Step, 'call' | 'name'>[]>;
}

/** As in `a slot of "gpu" (limit 2), held by train and train_1 of iris#7`. */
export async function slotText(
  reader: HolderReader,
  run: RunId,
  { key, limit }: { readonly key: string; readonly limit: number },
  { held }: LimitState,
): Promise<string> {
  const holders = held.flatMap((entry) =>
    callsIn(entry.calls).map((call) => ({ run: entry.run, call })),
  );
  const names: string[] = [];
  for (const entry of held) {
    const calls = callsIn(entry.calls).slice(0, MAX_NAMED_HOLDERS - names.length);
    if (calls.length === 0) break;
    const label = entry.run === run ? '' : ` of ${await labelOf(reader, entry.run)}`;
    const steps = new Map(
      (await reader.steps(entry.run, calls)).map(({ call, name }) => [call, name]),
    );
    names.push(
      ...calls.map(
        (call, index) =>
          `${steps.get(call) ?? `call ${call}`}${index === calls.length - 1 ? label : ''}`,
      ),
    );
  }
  const more = holders.length - names.length;
  const list = [...names, ...(more > 0 ? [`${more} more`] : [])];
  const last = list.pop();
  const text = list.length === 0 ? last : `${list.join(', ')} and ${last}`;
  return `a slot of ${limitName(key)} (limit ${limit})${text === undefined ? '' : `, held by ${text}`}`;
}

async function labelOf(reader: HolderReader, id: RunId): Promise<string> {
  const run = await reader.run(id);
  return run === undefined ? id : `${run.info.pipeline}#${run.info.number}`;
}

/** The waits of steps for limits. A limit is read once. */
export class LimitWaits {
  readonly #limits: Pick<Limits, 'read'>;
  readonly #reader: HolderReader;
  readonly #read = new Map<string, Promise<StoredLimit | undefined>>();

  constructor(ports: { readonly limits: Pick<Limits, 'read'>; readonly tasks: HolderReader }) {
    this.#limits = ports.limits;
    this.#reader = ports.tasks;
  }

  /** What the step waits for; null if it does not wait for a limit. */
  async textOf(
    run: RunId,
    { call, waitingFor, slot }: Pick<Step, 'call' | 'waitingFor' | 'slot'>,
  ): Promise<string | null> {
    if (waitingFor !== 'limit' || slot === undefined) return null;
    const stored = this.#read.get(slot.key) ?? this.#limits.read(slot.key);
    this.#read.set(slot.key, stored);
    const { state } = (await stored) ?? { state: { held: [], waiting: [] } };
    const before = stepsBefore(state, run, call);
    const queue =
      before === 0 ? '' : `; ${before} ${before === 1 ? 'step is' : 'steps are'} before it`;
    return `waits for ${await slotText(this.#reader, run, slot, state)}${queue}`;
  }
}

/** The number of steps before the call in the queue. */
function stepsBefore(state: LimitState, run: RunId, call: number): number {
  if (!waitingCalls(state, run).includes(call)) return 0;
  const queue = state.waiting.flatMap((entry) =>
    callsIn(entry.calls).map((each) => entry.run === run && each === call),
  );
  return queue.indexOf(true);
}
