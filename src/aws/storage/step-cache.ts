/**
 * The step cache in DynamoDB. The numbers refer to the rules of the port.
 *
 * ```
 * K#key | ENTRY             the result
 * K#key | LEASE             the holder, and the id of the lease
 * K#key | WAIT#lease#run#call   a waiter for the end of the lease
 * ```
 *
 * 1. A lease is one item, written only if there is none. It has one holder, and an id that does not
 *    change when another step takes it over.
 * 2. The end of a lease deletes its item only if the holder is still the same. A repetition finds
 *    no item, or the lease of another holder.
 * 3. A waiter registers under the id of the lease, and then checks that the lease still exists. If
 *    it exists, its end has yet to read the waiters, and finds this one. Otherwise the waiter tries
 *    again. Waiters of a later lease are therefore never mixed up with those of this lease.
 * 4. An entry expires with the time in which other runs adopt the results of its run. A hit does not
 *    extend this time.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { creationTimeOf, type RunId, runIdSchema } from '../../model/ids.ts';
import {
  adoptableDays,
  type Retention,
  recordDays,
  SECONDS_PER_DAY,
} from '../../model/retention.ts';
import type { Cache, CacheEntry, LeaseParty } from '../../ports/cache.ts';
import type { Clock } from '../../ports/clock.ts';
import { CACHE_TABLE } from '../deployment/table-schemas.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import {
  type Condition,
  endOfPrefix,
  IF_ABSENT,
  type Item,
  type ItemKey,
  inParallel,
  type KeyRange,
  number,
  numberIn,
  prefixRange,
  Table,
  text,
  textIn,
} from '../dynamodb/table.ts';

export interface DynamoCacheOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly retention: Retention;
  readonly clock?: Clock;
}

interface Filter {
  readonly project?: string;
  readonly component?: string;
  readonly key?: string;
}

export function createDynamoCache({
  client,
  table,
  retention,
  clock = { now: () => Date.now() },
}: DynamoCacheOptions): Cache {
  return new DynamoCache(new Table(client, table), retention, clock);
}

/** Seconds since the epoch. */
const expiryAfter = (from: number, days: number): number =>
  Math.floor(from / 1000) + days * SECONDS_PER_DAY;
const partition = (key: string): string => `K#${key}`;
const entryKey = (key: string): ItemKey => ({ pk: partition(key), sk: 'ENTRY' });
const leaseKey = (key: string): ItemKey => ({ pk: partition(key), sk: 'LEASE' });
const waitersPrefix = (lease: Item): string => `WAIT#${textIn(lease, 'id')}#`;
const waiterKey = (key: string, lease: Item, { run, call }: LeaseParty): ItemKey => ({
  pk: partition(key),
  sk: `${waitersPrefix(lease)}${run}#${call}`,
});

const holderIn = (lease: Item): LeaseParty => ({
  run: runIdIn(lease),
  call: numberIn(lease, 'call'),
});
const runIdIn = (item: Item): RunId => runIdSchema.parse(textIn(item, 'run'));
const isSameParty = (a: LeaseParty, b: LeaseParty): boolean => a.run === b.run && a.call === b.call;
const partyAttributes = ({ run, call }: LeaseParty) => ({ run: text(run), call: number(call) });
const ifHeldBy = ({ run, call }: LeaseParty): Condition => ({
  expression: '#run = :run AND #call = :call',
  values: { ':run': text(run), ':call': number(call) },
});

class DynamoCache implements Cache {
  readonly #table: Table;
  readonly #retention: Retention;
  readonly #clock: Clock;

  constructor(table: Table, retention: Retention, clock: Clock) {
    this.#table = table;
    this.#retention = retention;
    this.#clock = clock;
  }

  /** DynamoDB removes expired items some days late. */
  async entry(key: string): Promise<CacheEntry | undefined> {
    const item = await this.#table.get(entryKey(key));
    return item === undefined || numberIn(item, 'expiresAt') * 1000 <= this.#clock.now()
      ? undefined
      : readDocument<CacheEntry>(this.#table, item);
  }

  /** No run holds a lease, or waits for one, for longer than it is active. */
  get #leaseExpiry(): number {
    return expiryAfter(this.#clock.now(), recordDays(this.#retention));
  }

  async acquire(
    key: string,
    party: LeaseParty,
  ): Promise<{ readonly held: true } | { readonly held: false; readonly holder: LeaseParty }> {
    while (true) {
      const attributes = {
        ...partyAttributes(party),
        id: text(randomBytes(9).toString('base64url')),
        expiresAt: number(this.#leaseExpiry),
      };
      const outcome = await this.#table.put(leaseKey(key), attributes, IF_ABSENT);
      if (outcome.applied) return { held: true };
      const lease = outcome.item ?? (await this.#table.get(leaseKey(key)));
      if (lease === undefined) continue;
      if (isSameParty(holderIn(lease), party)) return { held: true };
      await this.#table.put(waiterKey(key, lease, party), {
        ...partyAttributes(party),
        expiresAt: number(this.#leaseExpiry),
      });
      const current = await this.#table.get(leaseKey(key));
      if (current !== undefined && textIn(current, 'id') === textIn(lease, 'id'))
        return { held: false, holder: holderIn(current) };
      await this.#table.delete(waiterKey(key, lease, party));
    }
  }

  async holder(key: string): Promise<LeaseParty | undefined> {
    const lease = await this.#table.get(leaseKey(key));
    return lease === undefined ? undefined : holderIn(lease);
  }

  async takeOver(key: string, from: LeaseParty, to: LeaseParty): Promise<boolean> {
    const outcome = await this.#table.update(
      leaseKey(key),
      { set: partyAttributes(to) },
      ifHeldBy(from),
    );
    const lease = outcome.applied ? await this.#table.get(leaseKey(key)) : outcome.item;
    if (lease === undefined || !isSameParty(holderIn(lease), to)) return false;
    await this.#table.delete(waiterKey(key, lease, to));
    return true;
  }

  async publish(entry: CacheEntry, holder: LeaseParty): Promise<readonly LeaseParty[]> {
    const { key, project, component, run, createdAt } = entry;
    // Rule 4.
    const expiry = expiryAfter(creationTimeOf(run), adoptableDays(this.#retention));
    const lifetime = { expiresAt: number(expiry) };
    await this.#table.put(entryKey(key), {
      d: await storeDocument(this.#table, entryKey(key), entry, lifetime),
      kind: text('entry'),
      project: text(project),
      component: text(component),
      created: text(`${String(createdAt).padStart(15, '0')}#${key}`),
      ...lifetime,
    });
    return this.#endLease(key, holder);
  }

  async release(key: string, holder: LeaseParty): Promise<readonly LeaseParty[]> {
    return this.#endLease(key, holder);
  }

  async stopWaiting(key: string, party: LeaseParty): Promise<void> {
    const lease = await this.#table.get(leaseKey(key));
    if (lease !== undefined) await this.#table.delete(waiterKey(key, lease, party));
  }

  async removeEntry(key: string): Promise<void> {
    await this.#table.delete(entryKey(key));
  }

  async entries(filter: {
    readonly project?: string;
    readonly component?: string;
  }): Promise<readonly CacheEntry[]> {
    const entries = await inParallel(await this.#matchingKeys(filter), (key) => this.entry(key));
    return entries.flatMap((entry) => entry ?? []);
  }

  async clear(filter: Filter): Promise<number> {
    const removed = await inParallel(await this.#matchingKeys(filter), (key) =>
      this.#table.delete(entryKey(key)),
    );
    return removed.filter((item) => item !== undefined).length;
  }

  /** Keys of the entries that match, newest first. */
  async #matchingKeys({ project, component, key }: Filter): Promise<readonly string[]> {
    if (key !== undefined) {
      const entry = await this.entry(key);
      const isMatch =
        entry !== undefined &&
        (project ?? entry.project) === entry.project &&
        (component ?? entry.component) === entry.component;
      return isMatch ? [key] : [];
    }
    const [all, ofProject] = CACHE_TABLE.indexes;
    const chosen =
      project === undefined ? { index: all, pk: 'entry' } : { index: ofProject, pk: project };
    const { name, partitionKey, sortKey } = chosen.index;
    const range: KeyRange = {
      pk: chosen.pk,
      from: '0',
      to: endOfPrefix('9'),
      descending: true,
      index: { name, partitionKey, sortKey },
      ...(component === undefined
        ? {}
        : {
            filter: {
              expression: '#component = :component',
              values: { ':component': text(component) },
            },
          }),
    };
    return (await this.#table.list(range)).map((item) =>
      textIn(item, 'pk').slice(partition('').length),
    );
  }

  /** Rules 2 and 3: only the holder ends its lease. Returns the waiters of this lease. */
  async #endLease(key: string, holder: LeaseParty): Promise<readonly LeaseParty[]> {
    const lease = await this.#table.delete(leaseKey(key), ifHeldBy(holder));
    if (lease === undefined) return [];
    const waiters = await this.#table.list(prefixRange(partition(key), waitersPrefix(lease)));
    await inParallel(waiters, (item) =>
      this.#table.delete({ pk: textIn(item, 'pk'), sk: textIn(item, 'sk') }),
    );
    return waiters.map((item) => ({ run: runIdIn(item), call: numberIn(item, 'call') }));
  }
}
