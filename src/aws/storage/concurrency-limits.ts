/**
 * Limits of concurrency in DynamoDB, one item each in the table of the cache: `L#key | STATE`. The
 * numbers are the rules of the port.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LimitState } from '../../model/limit-state.ts';
import { type Retention, recordDays, SECONDS_PER_DAY } from '../../model/retention.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Limits, StoredLimit } from '../../ports/limits.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import {
  type Condition,
  IF_ABSENT,
  type ItemKey,
  number,
  Table,
  text,
  textIn,
} from '../dynamodb/table.ts';

export interface DynamoLimitsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly retention: Retention;
  readonly clock?: Clock;
}

export const createDynamoLimits = ({
  client,
  table,
  retention,
  clock = { now: () => Date.now() },
}: DynamoLimitsOptions): Limits => new DynamoLimits(new Table(client, table), retention, clock);

const itemKey = (key: string): ItemKey => ({ pk: `L#${key}`, sk: 'STATE' });
const ifVersion = (version: string): Condition => ({
  expression: '#version = :version',
  values: { ':version': text(version) },
});

class DynamoLimits implements Limits {
  readonly #table: Table;
  readonly #retention: Retention;
  readonly #clock: Clock;

  constructor(table: Table, retention: Retention, clock: Clock) {
    this.#table = table;
    this.#retention = retention;
    this.#clock = clock;
  }

  async read(key: string): Promise<StoredLimit | undefined> {
    const item = await this.#table.get(itemKey(key));
    return item === undefined
      ? undefined
      : {
          version: textIn(item, 'version'),
          state: await readDocument<LimitState>(this.#table, item),
        };
  }

  async write(
    key: string,
    state: LimitState | undefined,
    version: string | undefined,
  ): Promise<boolean> {
    if (state === undefined)
      return (
        version === undefined ||
        (await this.#table.delete(itemKey(key), ifVersion(version))) !== undefined
      );
    // No run holds a slot, or waits for one, for longer than it is active.
    const lifetime = {
      expiresAt: number(
        Math.floor(this.#clock.now() / 1000) + recordDays(this.#retention) * SECONDS_PER_DAY,
      ),
    };
    const next = randomBytes(9).toString('base64url');
    const outcome = await this.#table.put(
      itemKey(key),
      {
        d: await storeDocument(this.#table, itemKey(key), state, lifetime),
        version: text(next),
        ...lifetime,
      },
      version === undefined ? IF_ABSENT : ifVersion(version),
    );
    if (outcome.applied) return true;
    // Rule 3.
    const stored = outcome.item ?? (await this.#table.get(itemKey(key)));
    return stored !== undefined && textIn(stored, 'version') === next;
  }
}
