/**
 * The step cache in memory. Numbers are invariants of the port.
 *
 * @module
 */
import type { Cache, CacheEntry, LeaseParty } from '../../src/ports/cache.ts';
import { frozen } from './frozen.ts';

interface Lease {
  holder: LeaseParty;
  /** By `run call`, in the order of arrival. */
  readonly waiters: Map<string, LeaseParty>;
}

const partyKey = ({ run, call }: LeaseParty): string => `${run} ${call}`;
const isSame = (a: LeaseParty, b: LeaseParty): boolean => a.run === b.run && a.call === b.call;

export class MemoryCache implements Cache {
  readonly #entries = new Map<string, CacheEntry>();
  readonly #leases = new Map<string, Lease>();

  async entry(key: string): Promise<CacheEntry | undefined> {
    return this.#entries.get(key);
  }

  async acquire(
    key: string,
    party: LeaseParty,
  ): Promise<{ readonly held: true } | { readonly held: false; readonly holder: LeaseParty }> {
    const lease = this.#leases.get(key);
    if (lease === undefined) {
      this.#leases.set(key, { holder: { run: party.run, call: party.call }, waiters: new Map() });
      return { held: true };
    }
    if (isSame(lease.holder, party)) return { held: true };
    lease.waiters.set(partyKey(party), { run: party.run, call: party.call });
    return { held: false, holder: lease.holder };
  }

  async holder(key: string): Promise<LeaseParty | undefined> {
    return this.#leases.get(key)?.holder;
  }

  async takeOver(key: string, from: LeaseParty, to: LeaseParty): Promise<boolean> {
    const lease = this.#leases.get(key);
    if (lease === undefined) return false;
    if (isSame(lease.holder, to)) return true;
    if (!isSame(lease.holder, from)) return false;
    lease.holder = { run: to.run, call: to.call };
    lease.waiters.delete(partyKey(to));
    return true;
  }

  async publish(entry: CacheEntry, holder: LeaseParty): Promise<readonly LeaseParty[]> {
    this.#entries.set(entry.key, frozen(entry));
    return this.#endLease(entry.key, holder);
  }

  async release(key: string, holder: LeaseParty): Promise<readonly LeaseParty[]> {
    return this.#endLease(key, holder);
  }

  async stopWaiting(key: string, party: LeaseParty): Promise<void> {
    this.#leases.get(key)?.waiters.delete(partyKey(party));
  }

  async removeEntry(key: string): Promise<void> {
    this.#entries.delete(key);
  }

  async entries(filter: {
    readonly project?: string;
    readonly component?: string;
  }): Promise<readonly CacheEntry[]> {
    return this.#matching(filter).sort(
      (a, b) => b.createdAt - a.createdAt || (a.key < b.key ? -1 : 1),
    );
  }

  async clear(filter: {
    readonly project?: string;
    readonly component?: string;
    readonly key?: string;
  }): Promise<number> {
    const removed = this.#matching(filter);
    for (const { key } of removed) this.#entries.delete(key);
    return removed.length;
  }

  #matching(filter: {
    readonly project?: string;
    readonly component?: string;
    readonly key?: string;
  }): CacheEntry[] {
    return [...this.#entries.values()].filter(
      (entry) =>
        (filter.project === undefined || entry.project === filter.project) &&
        (filter.component === undefined || entry.component === filter.component) &&
        (filter.key === undefined || entry.key === filter.key),
    );
  }

  /** Only the holder ends its lease; the waiters are returned (1, 3). */
  #endLease(key: string, holder: LeaseParty): readonly LeaseParty[] {
    const lease = this.#leases.get(key);
    if (lease === undefined || !isSame(lease.holder, holder)) return [];
    this.#leases.delete(key);
    return [...lease.waiters.values()];
  }
}
