/**
 * Idempotency keys in DynamoDB, in the table of runs: one item for each key, written only if there
 * is none.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../ports/clock.ts';
import type { IdempotencyClaim, IdempotencyKeys } from '../../ports/idempotency-keys.ts';
import { number, Table, text, textIn } from '../dynamodb/table.ts';

export interface DynamoIdempotencyKeysOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock?: Clock;
}

const IDEMPOTENCY_TTL_SECONDS = 2 * 86_400;

export function createDynamoIdempotencyKeys({
  client,
  table: name,
  clock = { now: () => Date.now() },
}: DynamoIdempotencyKeysOptions): IdempotencyKeys {
  const table = new Table(client, name);
  return {
    async claim(
      key: string,
      { requestHash, createdId }: IdempotencyClaim,
    ): Promise<IdempotencyClaim> {
      const now = Math.floor(clock.now() / 1000);
      // A key has any length and any characters, unlike a key of the table.
      const itemKey = {
        pk: `REQUEST#${createHash('sha256').update(key).digest('hex')}`,
        sk: 'CLAIM',
      };
      const ifUnclaimed = {
        expression: 'attribute_not_exists(pk) OR expiresAt <= :now',
        values: { ':now': number(now) },
      };
      const outcome = await table.put(
        itemKey,
        {
          request: text(requestHash),
          subject: text(createdId),
          expiresAt: number(now + IDEMPOTENCY_TTL_SECONDS),
        },
        ifUnclaimed,
      );
      if (outcome.applied || outcome.item === undefined) return { requestHash, createdId };
      return {
        requestHash: textIn(outcome.item, 'request'),
        createdId: textIn(outcome.item, 'subject'),
      };
    },
  };
}
