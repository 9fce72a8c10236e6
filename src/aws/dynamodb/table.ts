/**
 * A DynamoDB table as the ports use it: single items with conditions, and ranges of one partition.
 * It is never scanned.
 *
 * 1. Reads are strongly consistent, except those of an index.
 * 2. The SDK retries requests that the service rejects because it is busy, and then throws. The
 *    caller is invoked again later.
 * 3. A request that the service finds invalid would be so each time: `RecordRejectedError`.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { HeadraceError } from '../../model/errors.ts';
import { RecordRejectedError } from '../../ports/tasks.ts';
import { DocumentUnreadableError } from './documents.ts';

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

export type Item = Readonly<Record<string, AttributeValue>>;

/** An expression with its values (`:r`). A name that is a reserved word is written as `#name`. */
export interface Condition {
  readonly expression: string;
  readonly values?: Item;
}

export interface Change {
  readonly set?: Item;
  readonly remove?: readonly string[];
  /** Adds to sets or numbers. */
  readonly addTo?: Item;
  /** Removes from sets. */
  readonly removeFrom?: Item;
}

/** Whether the condition held; if not, the item that contradicts it. */
export type WriteOutcome =
  | { readonly applied: true }
  | { readonly applied: false; readonly item: Item | undefined };

export interface KeyRange {
  readonly pk: string;
  readonly from: string;
  readonly to: string;
  readonly descending?: boolean;
  /** Maximum items of one page. */
  readonly limit?: number;
  readonly filter?: Condition;
  readonly index?: {
    readonly name: string;
    readonly partitionKey: string;
    readonly sortKey: string;
  };
}

/** The table rejected a part of a batch several times. */
export class TableBusyError extends HeadraceError {
  constructor(readonly table: string) {
    super(
      `table ${table} is too busy: it returned keys of a batch unread several times. The request is repeated later`,
    );
  }
}

const MAX_BATCH_KEYS = 100;
const MAX_BATCH_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 25;
const NAME_PLACEHOLDER = /#(\w+)/gu;

export class Table {
  readonly #client: DynamoDBClient;
  readonly name: string;

  constructor(client: DynamoDBClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  async get({ pk, sk }: ItemKey): Promise<Item | undefined> {
    const { Item } = await accepted(
      this.#client.send(
        new GetItemCommand({
          TableName: this.name,
          Key: { pk: text(pk), sk: text(sk) },
          ConsistentRead: true,
        }),
      ),
    );
    return Item;
  }

  /** The items in any order, without those that do not exist. */
  async getMany(keys: readonly ItemKey[]): Promise<readonly Item[]> {
    const [only] = keys;
    if (only === undefined) return [];
    if (keys.length === 1) return [(await this.get(only)) ?? []].flat();
    const batches = Array.from({ length: Math.ceil(keys.length / MAX_BATCH_KEYS) }, (_, n) =>
      keys.slice(n * MAX_BATCH_KEYS, (n + 1) * MAX_BATCH_KEYS),
    );
    return (await inParallel(batches, (batch) => this.#getBatch(batch))).flat();
  }

  async #getBatch(keys: readonly ItemKey[]): Promise<readonly Item[]> {
    const found: Item[] = [];
    let remaining: Record<string, AttributeValue>[] = keys.map(({ pk, sk }) => ({
      pk: text(pk),
      sk: text(sk),
    }));
    for (let attempt = 0; remaining.length > 0; attempt += 1) {
      if (attempt === MAX_BATCH_ATTEMPTS) throw new TableBusyError(this.name);
      if (attempt > 0) await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
      const { Responses, UnprocessedKeys } = await accepted(
        this.#client.send(
          new BatchGetItemCommand({
            RequestItems: { [this.name]: { Keys: remaining, ConsistentRead: true } },
          }),
        ),
      );
      found.push(...(Responses?.[this.name] ?? []));
      remaining = UnprocessedKeys?.[this.name]?.Keys ?? [];
    }
    return found;
  }

  /** Pages of the items from `from` to `to`, both included. */
  async *pages(range: KeyRange): AsyncGenerator<readonly Item[]> {
    let start: Item | undefined;
    do {
      const page = await this.page(range, start);
      start = page.next;
      if (page.items.length > 0) yield page.items;
    } while (start !== undefined);
  }

  /**
   * One page of the range, behind the key `start`. With a filter, it can be empty although another
   * one follows from the key `next` on.
   */
  async page(
    { pk, from, to, descending = false, limit, filter, index }: KeyRange,
    start?: Item,
  ): Promise<{ readonly items: readonly Item[]; readonly next: Item | undefined }> {
    const { Items, LastEvaluatedKey } = await accepted(
      this.#client.send(
        new QueryCommand({
          TableName: this.name,
          ...(index === undefined ? { ConsistentRead: true } : { IndexName: index.name }),
          KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :from AND :to',
          ...(filter === undefined ? {} : { FilterExpression: filter.expression }),
          ExpressionAttributeNames: {
            '#partition': index?.partitionKey ?? 'pk',
            '#sort': index?.sortKey ?? 'sk',
            ...(namesIn(filter?.expression) ?? {}),
          },
          ExpressionAttributeValues: {
            ':partition': text(pk),
            ':from': text(from),
            ':to': text(to),
            ...filter?.values,
          },
          ScanIndexForward: !descending,
          ...(limit === undefined ? {} : { Limit: limit }),
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
      ),
    );
    return { items: Items ?? [], next: LastEvaluatedKey };
  }

  /** All items of the range, or the first `maxItems` of them. */
  async list(range: KeyRange, maxItems = Number.POSITIVE_INFINITY): Promise<readonly Item[]> {
    const found: Item[] = [];
    for await (const page of this.pages(range)) {
      found.push(...page);
      if (found.length >= maxItems) return found.slice(0, maxItems);
    }
    return found;
  }

  async put(key: ItemKey, attributes: Item, condition?: Condition): Promise<WriteOutcome> {
    return this.#conditional(() =>
      accepted(
        this.#client.send(
          new PutItemCommand({
            TableName: this.name,
            Item: { pk: text(key.pk), sk: text(key.sk), ...attributes },
            ...conditionOf(condition),
          }),
        ),
      ),
    );
  }

  async update(key: ItemKey, change: Change, condition?: Condition): Promise<WriteOutcome> {
    const { expression, values } = expressionOf(change);
    const {
      ExpressionAttributeValues: others,
      ExpressionAttributeNames: otherNames,
      ...rest
    } = conditionOf(condition);
    const both = { ...values, ...others };
    const names = { ...namesIn(expression), ...otherNames };
    return this.#conditional(() =>
      accepted(
        this.#client.send(
          new UpdateItemCommand({
            TableName: this.name,
            Key: { pk: text(key.pk), sk: text(key.sk) },
            UpdateExpression: expression,
            ...rest,
            ...(Object.keys(both).length > 0 ? { ExpressionAttributeValues: both } : {}),
            ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
          }),
        ),
      ),
    );
  }

  /** Adds to a counter, which starts at 0, and returns its new value. */
  async increment(key: ItemKey, attribute: string, by: number): Promise<number> {
    const { Attributes } = await accepted(
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.name,
          Key: { pk: text(key.pk), sk: text(key.sk) },
          UpdateExpression: 'ADD #count :by',
          ExpressionAttributeNames: { '#count': attribute },
          ExpressionAttributeValues: { ':by': number(by) },
          ReturnValues: 'UPDATED_NEW',
        }),
      ),
    );
    return numberIn(Attributes ?? {}, attribute);
  }

  /** Deletes an item and returns it; undefined if there was none, or the condition did not hold. */
  async delete({ pk, sk }: ItemKey, condition?: Condition): Promise<Item | undefined> {
    try {
      const { Attributes } = await accepted(
        this.#client.send(
          new DeleteItemCommand({
            TableName: this.name,
            Key: { pk: text(pk), sk: text(sk) },
            ReturnValues: 'ALL_OLD',
            ...conditionOf(condition, false),
          }),
        ),
      );
      return Attributes;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  async #conditional(send: () => Promise<unknown>): Promise<WriteOutcome> {
    try {
      await send();
      return { applied: true };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException)
        return { applied: false, item: error.Item };
      throw error;
    }
  }
}

/** The response, unless the service finds the request invalid (3). */
async function accepted<T>(response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationException')
      throw new RecordRejectedError(error.message, { cause: error });
    throw error;
  }
}

/** Sorts after every key that starts with `prefix`. Keys are in the order of their UTF-8 bytes. */
export const endOfPrefix = (prefix: string): string => `${prefix}\u{10ffff}`;

/** All items of a partition whose sort keys start with `prefix`. */
export const prefixRange = (pk: string, prefix: string): KeyRange => ({
  pk,
  from: prefix,
  to: endOfPrefix(prefix),
});

/** The item must not exist. */
export const IF_ABSENT: Condition = { expression: 'attribute_not_exists(pk)' };

interface SentCondition {
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD';
}

function conditionOf(condition: Condition | undefined, returning = true): SentCondition {
  if (condition === undefined) return {};
  const names = namesIn(condition.expression);
  return {
    ConditionExpression: condition.expression,
    ...(condition.values === undefined ? {} : { ExpressionAttributeValues: condition.values }),
    ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
    ...(returning ? ({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const) : {}),
  };
}

function namesIn(expression: string | undefined): Record<string, string> | undefined {
  const names = [...(expression ?? '').matchAll(NAME_PLACEHOLDER)].map(
    ([placeholder, name = '']) => [placeholder, name] as const,
  );
  return names.length === 0 ? undefined : Object.fromEntries(names);
}

function expressionOf({ set = {}, remove = [], addTo = {}, removeFrom = {} }: Change): {
  readonly expression: string;
  readonly values: Item;
} {
  const clauses: string[] = [];
  const values: Record<string, AttributeValue> = {};
  const addClause = (clause: string, attributes: Item, sign: string) => {
    const parts = Object.entries(attributes).map(([name, value]) => {
      values[`:${clause}_${name}`] = value;
      return `#${name} ${sign}:${clause}_${name}`;
    });
    if (parts.length > 0) clauses.push(`${clause} ${parts.join(', ')}`);
  };
  addClause('SET', set, '= ');
  addClause('ADD', addTo, '');
  addClause('DELETE', removeFrom, '');
  if (remove.length > 0) clauses.push(`REMOVE ${remove.map((name) => `#${name}`).join(', ')}`);
  return { expression: clauses.join(' '), values };
}

export const text = (value: string): AttributeValue.SMember => ({ S: value });
export const number = (value: number): AttributeValue.NMember => ({ N: String(value) });
export const numbers = (values: Iterable<number>): AttributeValue.NSMember => ({
  NS: [...values].map(String),
});
export const bytes = (value: Uint8Array): AttributeValue.BMember => ({ B: value });

export const textIn = (item: Item, name: string): string => item[name]?.S ?? throwMissing(name);
export const numberIn = (item: Item, name: string): number =>
  Number(item[name]?.N ?? throwMissing(name));
export const bytesIn = (item: Item, name: string): Uint8Array =>
  item[name]?.B ?? throwMissing(name);
export const numbersIn = (item: Item, name: string): readonly number[] =>
  (item[name]?.NS ?? []).map(Number);
export const textsIn = (item: Item, name: string): readonly string[] =>
  (item[name]?.L ?? []).flatMap(({ S }) => S ?? []);

function throwMissing(name: string): never {
  throw new DocumentUnreadableError(`its attribute ${name} is missing`);
}

/** The limit of concurrent requests. */
const MAX_PARALLEL_REQUESTS = 24;

/** The results in the order of the items. After the first error no further action starts. */
export async function inParallel<T, R>(
  items: readonly T[],
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (!failed && next < items.length) {
      const index = next++;
      const item = items[index];
      if (item === undefined) continue;
      try {
        results[index] = await act(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL_REQUESTS, items.length) }, worker));
  return results;
}
