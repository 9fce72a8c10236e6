/**
 * The sizes of items and keys in DynamoDB, and its limits.
 *
 * @module
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Item = Readonly<Record<string, AttributeValue>>;

const MAX_ITEM_BYTES = 400 * 1024;
const MAX_PARTITION_KEY_BYTES = 2048;
const MAX_SORT_KEY_BYTES = 1024;

/** The answer of DynamoDB to a request that can never succeed. */
const invalid = (message: string): Error =>
  Object.assign(new Error(message), { name: 'ValidationException' });

export function checkSize(item: Item | undefined): void {
  if (sizeOf(item) > MAX_ITEM_BYTES)
    throw invalid(`an item has ${sizeOf(item)} bytes; the limit of DynamoDB is ${MAX_ITEM_BYTES}`);
}

export function checkPartitionKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_PARTITION_KEY_BYTES)
    throw invalid('a partition key is too long');
}

export function sortKeyOf(key: Item): string {
  const sortKey = key.sk?.S ?? '';
  if (Buffer.byteLength(sortKey) > MAX_SORT_KEY_BYTES) throw invalid('a sort key is too long');
  return sortKey;
}

/** The size in DynamoDB: names and values; a number has about one byte per two digits. */
export function sizeOf(item: Item | undefined): number {
  return Object.entries(item ?? {}).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value),
    0,
  );
}

function sizeOfValue({ S, N, B, NS, L }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (B !== undefined) return B.length;
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  if (NS !== undefined) return NS.reduce((sum, n) => sum + Math.ceil(n.length / 2) + 1, 0);
  return (L ?? []).reduce((sum, value) => sum + sizeOfValue(value) + 1, 3);
}
