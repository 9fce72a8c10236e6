/**
 * A client of DynamoDB that counts its calls and injects a fault into one of them.
 *
 * @module
 */
import {
  type DynamoDBClient,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-dynamodb';

/**
 * - `crash before`: the process crashes before the call, and makes no further calls.
 * - `crash after`: the process crashes after the call, without its response.
 * - `throttled`: the table rejects all tries of this call as busy.
 * - `response lost`: the response is lost, and the call is made again.
 * - `delayed`: the call waits until `meanwhile` is complete.
 */
export type Fault = 'crash before' | 'crash after' | 'throttled' | 'response lost' | 'delayed';

export interface FaultyClient {
  readonly client: DynamoDBClient;
  /** The number of calls so far. */
  calls(): number;
}

export class ProcessCrashedError extends Error {}

/** Injects the fault into the call with the number `at`, from 0. */
export function faultyClient(
  client: DynamoDBClient,
  {
    fault,
    at,
    meanwhile,
  }: { readonly fault: Fault; readonly at: number; readonly meanwhile?: () => Promise<void> },
): FaultyClient {
  let calls = 0;
  let crashed = false;
  const send = client.send.bind(client);
  const faulty = async (command: Parameters<typeof send>[0]) => {
    if (crashed) throw new ProcessCrashedError();
    const isFaulty = calls === at;
    calls += 1;
    if (!isFaulty) return send(command);
    switch (fault) {
      case 'crash before':
        crashed = true;
        throw new ProcessCrashedError();
      case 'crash after':
        await send(command);
        crashed = true;
        throw new ProcessCrashedError();
      case 'throttled':
        throw new ProvisionedThroughputExceededException({
          $metadata: {},
          message: 'the table is busy',
        });
      case 'response lost':
        await send(command);
        return send(command);
      case 'delayed':
        await meanwhile?.();
        return send(command);
    }
  };
  Object.defineProperty(client, 'send', { value: faulty });
  return { client, calls: () => calls };
}
