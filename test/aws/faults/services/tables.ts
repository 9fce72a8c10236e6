/**
 * DynamoDB tables in memory, behind the JSON protocol.
 *
 * @module
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { TABLES } from '../../../../src/aws/deployment/table-schemas.ts';
import { MemoryDynamo } from '../../../../testing/dynamodb/memory-dynamodb.ts';
import { type Answer, failed, json } from './answer.ts';

export class Tables {
  readonly #dynamo = new MemoryDynamo();
  readonly #client = this.#dynamo.client();

  constructor() {
    for (const { name, schema } of TABLES) this.#dynamo.createTable(name, schema);
  }

  /** A client for the tests that bypasses the protocol. */
  get client() {
    return this.#client;
  }

  async answer(action: string, body: Buffer): Promise<Answer> {
    const input: unknown = JSON.parse(body.toString(), (name, value) =>
      name === 'B' && typeof value === 'string' ? Buffer.from(value, 'base64') : value,
    );
    try {
      const output: object = await Reflect.apply(this.#client.send, this.#client, [
        { constructor: { name: `${action}Command` }, input },
      ]);
      return json(encodeBytes(output));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const item = error.Item === undefined ? {} : { Item: encodeBytes(error.Item) };
      return failed(
        'dynamodb',
        400,
        'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
        error.message,
        item,
      );
    }
  }
}

/** Converts bytes to base64, as in the protocol. */
function encodeBytes<T>(value: T): T;
function encodeBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(encodeBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encodeBytes(inner)]));
}
