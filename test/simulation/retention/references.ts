/**
 * Checks that everything which is still referenced exists.
 *
 * 1. Objects of all values in the records of a run that can be listed exist: of its steps and their
 *    arguments, of its history, of its result, of its artifacts and models.
 * 2. Objects of all values in an entry of the cache exist, unless the run that computed them was
 *    removed: an entry alone keeps no objects.
 * 3. A run that has not ended can be read, and so can a run that ended less than `runDays` ago.
 * 4. What a run published exists until the run is removed, also when its records have expired.
 * 5. A run ends within `activeDays` and a day after its creation.
 *
 * @module
 */
import { objectKeysOf } from '../../../src/controller/steps/adoptable-results.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { PUBLISHED_PREFIX, runOfKey } from '../../../src/model/object-layout.ts';
import { daysToMs, type Retention } from '../../../src/model/retention.ts';
import { isTerminalRun, type Run } from '../../../src/model/run.ts';
import { isStored, type Value, valuesOfArguments } from '../../../src/model/value.ts';
import type { Deployment } from './deployment.ts';

const PAGE = 1000;
/** Records that do not change are read again from time to time: some of them may have expired. */
const READ_AGAIN_AFTER_CHECKS = 8;

export class References {
  readonly #deployment: Deployment;
  readonly #retention: Retention;
  /** Runs that must still be readable, and until when. */
  readonly #retained = new Map<RunId, number>();
  readonly #published = new Map<RunId, readonly string[]>();
  readonly #removed = new Set<RunId>();
  /** By run and revision. */
  readonly #keys = new Map<string, readonly string[]>();
  #checks = 0;
  /** Numbers of checked references, for tests that would check nothing. */
  readonly counts = { runs: 0, ended: 0, objects: 0, adopted: 0, entries: 0, published: 0 };

  constructor(deployment: Deployment, retention: Retention) {
    this.#deployment = deployment;
    this.#retention = retention;
  }

  /** @throws Error that names what is missing */
  async check(): Promise<void> {
    const { cache } = this.#deployment;
    const runs = await this.#deployment.runs();
    this.#checks += 1;
    if (this.#checks % READ_AGAIN_AFTER_CHECKS === 0) this.#keys.clear();
    this.#checkRetained(runs);
    for (const run of runs) await this.#checkRun(run);
    for (const [run, keys] of this.#published) {
      this.counts.published += keys.length;
      await this.#checkKeys(`run ${run}, which published it,`, keys);
    }
    for (const entry of await cache.entries({})) {
      if (this.#removed.has(entry.run)) continue;
      this.counts.entries += 1;
      await this.#checkKeys(`the cache entry of run ${entry.run}`, objectKeysOf(entry));
    }
  }

  /** The user removed the run. */
  forget(run: RunId): void {
    this.#retained.delete(run);
    this.#removed.add(run);
    this.#published.delete(run);
  }

  #checkRetained(runs: readonly Run[]): void {
    const now = this.#deployment.clock.now();
    const { activeDays, runDays } = this.#retention;
    const readable = new Set(runs.map(({ info }) => info.id));
    for (const [run, until] of this.#retained) {
      if (!readable.has(run) && now < until) throw new Error(`run ${run} is missing`);
      if (now >= until) this.#retained.delete(run);
    }
    for (const { info, head } of runs) {
      const isOver = isTerminalRun(head.status) && head.endedAt !== null;
      this.counts[isOver ? 'ended' : 'runs'] += 1;
      this.#retained.set(
        info.id,
        isOver ? (head.endedAt ?? 0) + daysToMs(runDays) : Number.POSITIVE_INFINITY,
      );
      if (!isOver && now > info.createdAt + daysToMs(activeDays + 1))
        throw new Error(`run ${info.id} is active for too long`);
    }
  }

  async #checkRun(run: Run): Promise<void> {
    const { id } = run.info;
    const state = `${id} ${run.head.revision}`;
    const keys = this.#keys.get(state) ?? (await this.#keysOf(run));
    this.#keys.set(state, keys);
    await this.#checkKeys(`run ${id}`, keys);
  }

  /** The keys of all objects that the records of a run refer to. */
  async #keysOf({ info: { id }, head }: Run): Promise<readonly string[]> {
    const { queries, tasks } = this.#deployment;
    const steps = await queries.allSteps(id);
    this.counts.adopted += steps.filter(({ cachedFrom }) => cachedFrom !== null).length;
    const ofSteps = steps.flatMap((step) => [
      ...objectKeysOf(step),
      ...keysIn(valuesOfArguments(step.args)),
    ]);
    const events = await tasks.events(id, 0, PAGE);
    const values = events.flatMap((event) => (event.kind === 'completed' ? event.values : []));
    const page = { limit: PAGE };
    const outputs = [
      ...(await queries.runArtifacts(id, page)),
      ...(await queries.runModels(id, page)),
    ].map(({ value }) => value);
    const result = head.result === null ? [] : [head.result];
    const keys = [...new Set([...ofSteps, ...keysIn([...values, ...outputs, ...result])])];
    const own = keys.filter((key) => key.startsWith(PUBLISHED_PREFIX) && runOfKey(key) === id);
    this.#published.set(id, own);
    return keys;
  }

  async #checkKeys(owner: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.counts.objects += 1;
      if (!(await this.#deployment.objects.exists(key)))
        throw new Error(`${owner} refers to ${key}, which has expired`);
    }
  }
}

const keysIn = (values: readonly Value[]): readonly string[] =>
  values.filter(isStored).map(({ key }) => key);
