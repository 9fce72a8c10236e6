/**
 * The port to the step cache: entries and leases, shared by all runs.
 *
 * 1. A key has at most one holder. The lease ends with the holder's step (`publish` or `release`), not with a clock.
 * 2. Every call is idempotent for the same holder.
 * 3. A waiter that is registered is in the answer of the `publish` or `release` that ends the lease.
 *
 * @module
 */
import type { Artifact, Model } from '../model/artifacts.ts';
import type { RunId } from '../model/ids.ts';
import type { Value } from '../model/value.ts';

export interface CacheEntry {
  readonly key: string;
  readonly project: string;
  readonly component: string;
  readonly run: RunId;
  readonly step: string;
  readonly values: readonly Value[];
  readonly artifacts: readonly Artifact[];
  readonly models: readonly Model[];
  readonly createdAt: number;
}

export interface LeaseParty {
  readonly run: RunId;
  readonly call: number;
}

export interface Cache {
  entry(key: string): Promise<CacheEntry | undefined>;
  /** Takes the lease of `key`, or registers `party` as a waiter and tells who holds it. Taken already by the same party: `held: true`. */
  acquire(
    key: string,
    party: LeaseParty,
  ): Promise<{ readonly held: true } | { readonly held: false; readonly holder: LeaseParty }>;
  /** Takes the lease from a holder that is known to be gone. False if it was no longer `from`'s. */
  takeOver(key: string, from: LeaseParty, to: LeaseParty): Promise<boolean>;
  /** Stores the entry, ends the lease and returns those who waited. */
  publish(entry: CacheEntry, holder: LeaseParty): Promise<readonly LeaseParty[]>;
  /** Ends the lease without an entry and returns those who waited. */
  release(key: string, holder: LeaseParty): Promise<readonly LeaseParty[]>;
  /** No longer waits. */
  stopWaiting(key: string, party: LeaseParty): Promise<void>;
  /** Removes an entry whose objects are gone. */
  removeEntry(key: string): Promise<void>;
  /** Newest first. */
  entries(filter: {
    readonly project?: string;
    readonly component?: string;
  }): Promise<readonly CacheEntry[]>;
  /** Removes the entries that match all of the filter and returns how many; leases stay. */
  clear(filter: {
    readonly project?: string;
    readonly component?: string;
    readonly key?: string;
  }): Promise<number>;
}
