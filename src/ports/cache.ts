/**
 * The port of the step cache: entries and leases, shared by all runs.
 *
 * 1. A key has at most one holder. The lease ends with the holder's step (`publish` or `release`),
 *    not after a time.
 * 2. Every call is idempotent for the same holder.
 * 3. The `publish` or `release` that ends the lease returns all registered waiters.
 *
 * @module
 */
import type { Artifact, Model, RunOutputs } from '../model/artifacts.ts';
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
  /** What the step uploaded to its run. Absent if there is nothing. */
  readonly runOutputs?: RunOutputs | undefined;
  readonly createdAt: number;
}

export interface LeaseParty {
  readonly run: RunId;
  readonly call: number;
}

export interface Cache {
  entry(key: string): Promise<CacheEntry | undefined>;
  /**
   * Acquires the lease of `key`, or registers `party` as a waiter and returns the holder. A party
   * that already holds the lease acquires it again.
   */
  acquire(
    key: string,
    party: LeaseParty,
  ): Promise<{ readonly held: true } | { readonly held: false; readonly holder: LeaseParty }>;
  /** The holder of the lease of `key`; undefined if there is none. */
  holder(key: string): Promise<LeaseParty | undefined>;
  /**
   * Transfers the lease from a holder that will never release it. False if `from` is no longer the
   * holder.
   */
  takeOver(key: string, from: LeaseParty, to: LeaseParty): Promise<boolean>;
  /** Stores the entry, ends the lease and returns its waiters. */
  publish(entry: CacheEntry, holder: LeaseParty): Promise<readonly LeaseParty[]>;
  /** Ends the lease without an entry and returns its waiters. */
  release(key: string, holder: LeaseParty): Promise<readonly LeaseParty[]>;
  /** Removes `party` from the waiters. */
  stopWaiting(key: string, party: LeaseParty): Promise<void>;
  /** Removes an entry whose objects are missing. */
  removeEntry(key: string): Promise<void>;
  /** The entries that match all of the filter, newest first. */
  entries(filter: {
    readonly project?: string;
    readonly component?: string;
  }): Promise<readonly CacheEntry[]>;
  /** Removes the entries that match all of the filter and returns their number. Leases stay. */
  clear(filter: {
    readonly project?: string;
    readonly component?: string;
    readonly key?: string;
  }): Promise<number>;
}
