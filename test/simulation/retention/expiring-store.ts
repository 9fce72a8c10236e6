/**
 * The stored data of a deployment, which expires: objects by their age, as S3 deletes them by the
 * rules of the bucket, and items of tables by their time to live.
 *
 * @module
 */
import type { Readable } from 'node:stream';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import type { ObjectExpiration } from '../../../src/model/object-layout.ts';
import { daysToMs } from '../../../src/model/retention.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ObjectInfo } from '../../../src/ports/objects.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { roll } from '../random.ts';

/** An object's age counts from its last write. A read changes nothing. */
export class ExpiringObjects extends MemoryObjects {
  readonly #clock: Clock;
  readonly #writtenAt = new Map<string, number>();

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override async put(key: string, content: Uint8Array | Readable): Promise<ObjectInfo> {
    const info = await super.put(key, content);
    this.#writtenAt.set(key, this.#clock.now());
    return info;
  }

  override async putIfAbsent(key: string, content: Uint8Array): Promise<void> {
    if (!(await this.exists(key))) await this.put(key, content);
  }

  /** S3 deletes an object some time after it reached the age: here at once. */
  async expire(rules: readonly ObjectExpiration[]): Promise<void> {
    for (const key of this.keys()) {
      const age = this.#clock.now() - (this.#writtenAt.get(key) ?? 0);
      const isExpired = rules.some(
        ({ prefix, days }) => key.startsWith(prefix) && age >= daysToMs(days),
      );
      if (isExpired) await this.remove(key);
    }
  }
}

const TABLES = ['tasks', 'cache'] as const;
/** DynamoDB deletes an expired item within some days. */
const MAX_LATE_MS = daysToMs(2);

export class ExpiringTables {
  readonly client;
  readonly #dynamo = new MemoryDynamo();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#dynamo.createTable('tasks', TASKS_TABLE);
    this.#dynamo.createTable('cache', CACHE_TABLE);
    this.client = this.#dynamo.client();
  }

  /** Half of the items are deleted at once, all others late. */
  async expire(): Promise<void> {
    for (const table of TABLES) {
      for (const { pk, sk, expiresAt } of this.#dynamo.items(table)) {
        if (pk === undefined || sk === undefined || expiresAt === undefined) continue;
        const late = Math.max(0, roll(1, `${pk.S} ${sk.S}`) - 0.5) * 2 * MAX_LATE_MS;
        if (Number(expiresAt.N) * 1000 + late <= this.#clock.now())
          await this.client.send(new DeleteItemCommand({ TableName: table, Key: { pk, sk } }));
      }
    }
  }
}
