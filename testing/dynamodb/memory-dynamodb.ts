/**
 * DynamoDB tables in memory: a client of the SDK whose calls are handled here, with the sizes and
 * units of DynamoDB. It serves tests with so many calls that an emulator would take hours. It
 * passes the conformance suite of the ports, as the emulators do.
 *
 * 1. A call takes effect as a whole, at once, when it arrives.
 * 2. Expressions that the ports do not use are rejected.
 *
 * @module
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { TableSchema } from '../../src/aws/deployment/table-schemas.ts';
import { checkPartitionKey, checkSize, sizeOf, sortKeyOf } from './item-sizes.ts';
import { compareKeys } from './key-order.ts';

type Item = Readonly<Record<string, AttributeValue>>;

interface Input {
  readonly TableName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly Item[] }>>;
  readonly IndexName?: string;
  readonly ConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly UpdateExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
  readonly ExclusiveStartKey?: Item;
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly ReturnValues?: string;
}

export interface Consumption {
  requests: number;
  writeUnits: number;
  /** Units of strongly consistent reads. */
  readUnits: number;
  /** Bytes of the largest item written. */
  largest: number;
}

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

/** The items of one partition, in the order of their sort keys. */
class Partition {
  readonly #items = new Map<string, Item>();
  readonly #keys: string[] = [];

  get(key: string): Item | undefined {
    return this.#items.get(key);
  }

  set(key: string, item: Item): void {
    if (!this.#items.has(key)) this.#keys.splice(this.#indexOf(key), 0, key);
    this.#items.set(key, item);
  }

  delete(key: string): void {
    if (this.#items.delete(key)) this.#keys.splice(this.#indexOf(key), 1);
  }

  /** Returns the items from key `from` to key `to`, both included. */
  between(from: string, to: string): Item[] {
    const found: Item[] = [];
    for (
      let at = this.#indexOf(from);
      at < this.#keys.length && compareKeys(this.#keys[at] ?? '', to) <= 0;
      at += 1
    ) {
      const item = this.#items.get(this.#keys[at] ?? '');
      if (item !== undefined) found.push(item);
    }
    return found;
  }

  /** Returns the index of the first key that is not below `key`. */
  #indexOf(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class MemoryDynamo {
  readonly #tables = new Map<
    string,
    { readonly schema: TableSchema; readonly partitions: Map<string, Partition> }
  >();
  consumed: Consumption = { requests: 0, writeUnits: 0, readUnits: 0, largest: 0 };

  client(): DynamoDBClient {
    const client = new DynamoDBClient({
      region: 'us-east-1',
      endpoint: 'http://memory.invalid',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const send = async (command: {
      readonly constructor: { readonly name: string };
      readonly input: object;
    }): Promise<object> => {
      this.consumed.requests += 1;
      return this.#handle(command.constructor.name, command.input);
    };
    Object.defineProperty(client, 'send', { value: send, configurable: true });
    return client;
  }

  createTable(name: string, schema: TableSchema): void {
    this.#tables.set(name, { schema, partitions: new Map() });
  }

  /** Returns all items of the table, ordered by partition and sort key. */
  items(table: string): readonly Item[] {
    const { partitions } = this.#table(table);
    return [...partitions.keys()]
      .sort()
      .flatMap((key) => this.#partition(table, key).between('', '\u{10ffff}'));
  }

  /** Stores items that `items` returned, unchanged. */
  restore(table: string, items: readonly Item[]): void {
    for (const item of items) this.#partition(table, item.pk?.S).set(sortKeyOf(item), item);
  }

  /** Resets the counters and returns their values before. */
  reset(): Consumption {
    const { consumed } = this;
    this.consumed = { requests: 0, writeUnits: 0, readUnits: 0, largest: 0 };
    return consumed;
  }

  #handle(command: string, input: Input): object {
    switch (command) {
      case 'GetItemCommand':
        return { Item: this.#read(input.TableName, input.Key) };
      case 'BatchGetItemCommand':
        return {
          Responses: Object.fromEntries(
            Object.entries(input.RequestItems ?? {}).map(([table, { Keys }]) => [
              table,
              this.#readAll(table, Keys),
            ]),
          ),
        };
      case 'PutItemCommand':
        return this.#write(input, input.Item ?? {}, () => input.Item);
      case 'UpdateItemCommand':
        return this.#write(input, input.Key ?? {}, (before) =>
          updated(before ?? input.Key ?? {}, input),
        );
      case 'DeleteItemCommand':
        return this.#write(input, input.Key ?? {}, () => undefined);
      case 'QueryCommand':
        return this.#query(input);
      default:
        throw new Error(`the in-memory tables do not implement ${command}`);
    }
  }

  #table(name = '') {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`there is no in-memory table ${name}`);
    return table;
  }

  #partition(table: string | undefined, key = '') {
    checkPartitionKey(key);
    const { partitions } = this.#table(table);
    const items = partitions.get(key) ?? new Partition();
    partitions.set(key, items);
    return items;
  }

  #read(table: string | undefined, key: Item = {}): Item | undefined {
    const item = this.#partition(table, key.pk?.S).get(sortKeyOf(key));
    this.consumed.readUnits += Math.max(1, Math.ceil(sizeOf(item) / READ_UNIT_BYTES));
    return item;
  }

  #readAll(table: string, keys: readonly Item[]): readonly Item[] {
    return keys.map((key) => this.#read(table, key)).filter((item) => item !== undefined);
  }

  #write(input: Input, key: Item, change: (before: Item | undefined) => Item | undefined): object {
    const items = this.#partition(input.TableName, key.pk?.S);
    const before = items.get(sortKeyOf(key));
    const after = change(before);
    const size = Math.max(sizeOf(before), sizeOf(after));
    this.consumed.writeUnits += Math.max(1, Math.ceil(size / WRITE_UNIT_BYTES));
    if (!holds(input.ConditionExpression, before, input)) throw conditionFailed(before);
    const { schema } = this.#table(input.TableName);
    for (const { partitionKey, sortKey, attributes } of schema.indexes) {
      const [oldEntry, newEntry] = [before, after].map((item) =>
        projected(item, [partitionKey, sortKey], attributes),
      );
      // An entry whose keys change is deleted and written again.
      if (oldEntry !== newEntry) {
        const isMoved =
          oldEntry !== undefined && newEntry !== undefined && keysOf(oldEntry) !== keysOf(newEntry);
        this.consumed.writeUnits += isMoved ? 2 : 1;
      }
    }
    checkSize(after);
    this.consumed.largest = Math.max(this.consumed.largest, sizeOf(after));
    if (after === undefined) items.delete(sortKeyOf(key));
    else items.set(sortKeyOf(key), after);
    const returned =
      input.ReturnValues === 'ALL_OLD'
        ? before
        : input.ReturnValues === 'UPDATED_NEW'
          ? after
          : undefined;
    return returned === undefined ? {} : { Attributes: returned };
  }

  #query(input: Input): object {
    const { schema, partitions } = this.#table(input.TableName);
    const index = schema.indexes.find(({ name }) => name === input.IndexName);
    const [partition, sort] =
      index === undefined
        ? [schema.partitionKey, schema.sortKey]
        : [index.partitionKey, index.sortKey];
    if (input.KeyConditionExpression !== '#partition = :partition AND #sort BETWEEN :from AND :to')
      throw new Error(
        `the in-memory tables do not implement the key condition ${input.KeyConditionExpression}`,
      );
    const [pk, from = '', to = ''] = [':partition', ':from', ':to'].map(
      (name) => input.ExpressionAttributeValues?.[name]?.S,
    );
    const forward = input.ScanIndexForward !== false;
    const order = (item: Item) => `${item[sort]?.S}\u0000${idOf(item)}`;
    const start =
      input.ExclusiveStartKey === undefined ? undefined : order(input.ExclusiveStartKey);
    const items =
      index === undefined
        ? this.#partition(input.TableName, pk).between(from, to)
        : [...partitions.values()].flatMap((each) => each.between('', '\u{10ffff}'));
    const within = items.filter(
      (item) =>
        item[partition]?.S === pk &&
        item[sort]?.S !== undefined &&
        compareKeys(item[sort]?.S ?? '', from) >= 0 &&
        compareKeys(item[sort]?.S ?? '', to) <= 0,
    );
    const ascending =
      index === undefined ? within : within.sort((a, b) => compareKeys(order(a), order(b)));
    const matching = (forward ? ascending : ascending.reverse()).filter(
      (item) => start === undefined || compareKeys(order(item), start) * (forward ? 1 : -1) > 0,
    );
    const page = matching.slice(0, input.Limit ?? 1000);
    this.consumed.readUnits += Math.max(
      1,
      Math.ceil(page.reduce((sum, item) => sum + sizeOf(item), 0) / READ_UNIT_BYTES),
    );
    const last = page.at(-1);
    const keys = ['pk', 'sk', partition, sort];
    const lastKey = Object.fromEntries(
      Object.entries(last ?? {}).filter(([name]) => keys.includes(name)),
    );
    return {
      Items: page.filter((item) => holds(input.FilterExpression, item, input)),
      ...(page.length < matching.length ? { LastEvaluatedKey: lastKey } : {}),
    };
  }
}

const conditionFailed = (item: Item | undefined) =>
  new ConditionalCheckFailedException({
    $metadata: {},
    message: 'The conditional request failed',
    ...(item === undefined ? {} : { Item: { ...item } }),
  });

/**
 * Returns the index entry of an item as a text that can be compared; `undefined` if the index does
 * not contain the item. Entries are smaller than a write unit.
 */
function projected(
  item: Item | undefined,
  keys: readonly string[],
  attributes: readonly string[],
): string | undefined {
  if (item === undefined || keys.some((key) => item[key] === undefined)) return undefined;
  return [keys, attributes]
    .map((names) => JSON.stringify(names.map((name) => item[name])))
    .join('\n');
}

const keysOf = (entry: string): string => entry.split('\n')[0] ?? '';

const idOf = (key: Item): string => `${key.pk?.S}\u0000${key.sk?.S}`;

const nameIn = (token: string, { ExpressionAttributeNames: names = {} }: Input): string =>
  names[token] ?? token;
const valueIn = (
  token: string,
  { ExpressionAttributeValues: values = {} }: Input,
): AttributeValue => {
  const value = values[token];
  if (value === undefined) throw new Error(`the expression uses ${token}, which has no value`);
  return value;
};

/**
 * Evaluates terms that OR and AND join, without brackets: attribute_exists, attribute_not_exists,
 * =, <, <=, >, and IN a list of texts.
 */
function holds(expression: string | undefined, item: Item | undefined, input: Input): boolean {
  if (expression === undefined) return true;
  return expression
    .split(' OR ')
    .some((each) => each.split(' AND ').every((term) => termHolds(term.trim(), item, input)));
}

function termHolds(term: string, item: Item | undefined, input: Input): boolean {
  const [, existence, attribute = ''] =
    /^(attribute_exists|attribute_not_exists)\(([#\w]+)\)$/u.exec(term) ?? [];
  if (existence !== undefined)
    return (item?.[nameIn(attribute, input)] !== undefined) === (existence === 'attribute_exists');
  const [, member = '', list] = /^([#\w]+) IN \(([^)]*)\)$/u.exec(term) ?? [];
  if (list !== undefined) {
    const value = item?.[nameIn(member, input)]?.S;
    return list.split(', ').some((operand) => valueIn(operand, input).S === value);
  }
  const [, name = '', comparison, operand = ''] = /^([#\w]+) (=|<|<=|>) (:\w+)$/u.exec(term) ?? [];
  if (comparison === undefined)
    throw new Error(`the in-memory tables do not implement the condition ${term}`);
  const left = item?.[nameIn(name, input)];
  const right = valueIn(operand, input);
  if (left === undefined) return false;
  const [a, b] =
    left.N === undefined ? [left.S ?? '', right.S ?? ''] : [Number(left.N), Number(right.N)];
  if (comparison === '=') return a === b;
  return comparison === '<' ? a < b : comparison === '>' ? a > b : a <= b;
}

/** Applies the clauses SET, ADD, DELETE and REMOVE, in any order. */
function updated(before: Item, input: Input): Item {
  const after: Record<string, AttributeValue> = { ...before };
  for (const [, clause = '', list = ''] of (input.UpdateExpression ?? '').matchAll(
    /(SET|ADD|DELETE|REMOVE) (.*?)(?= (?:SET|ADD|DELETE|REMOVE) |$)/gu,
  )) {
    for (const part of list.split(', ')) {
      const [token = '', value = ''] = part.split(clause === 'SET' ? ' = ' : ' ');
      const name = nameIn(token, input);
      if (clause === 'REMOVE') delete after[name];
      else if (clause === 'SET') after[name] = valueIn(value, input);
      else change(after, name, clause, valueIn(value, input));
    }
  }
  return after;
}

function change(
  item: Record<string, AttributeValue>,
  name: string,
  clause: string,
  { N, NS = [] }: AttributeValue,
): void {
  if (N !== undefined) {
    item[name] = { N: String(Number(item[name]?.N ?? 0) + Number(N)) };
    return;
  }
  const set = new Set(item[name]?.NS ?? []);
  for (const each of NS) {
    if (clause === 'ADD') set.add(each);
    else set.delete(each);
  }
  if (set.size > 0) item[name] = { NS: [...set] };
  else delete item[name];
}
