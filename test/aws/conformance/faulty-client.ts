/**
 * A client whose calls a test counts, and of which one goes wrong.
 *
 * @module
 */
import {
  type DynamoDBClient,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-dynamodb';

/**
 * `dies before`: the process ends before the call is made, and makes none any more. `dies after`:
 * the call was made, its answer is lost. `refused`: the table is busy, and goes on being so for all
 * tries of this call. `answer lost`: the call was made, its answer is lost, and it is made again.
 * `frozen`: the call waits until `meanwhile` is over.
 */
export type Fault = 'dies before' | 'dies after' | 'refused' | 'answer lost' | 'frozen';

export interface FaultyClient {
  readonly client: DynamoDBClient;
  /** Calls so far. */
  calls(): number;
}

export class ProcessDied extends Error {}

/** Puts the fault into the client. `at` counts calls from 0. */
export function faultyClient(
  client: DynamoDBClient,
  {
    fault,
    at,
    meanwhile,
  }: { readonly fault: Fault; readonly at: number; readonly meanwhile?: () => Promise<void> },
): FaultyClient {
  let calls = 0;
  let dead = false;
  const send = client.send.bind(client);
  const faulty = async (command: Parameters<typeof send>[0]) => {
    if (dead) throw new ProcessDied();
    const isIt = calls === at;
    calls += 1;
    if (!isIt) return send(command);
    switch (fault) {
      case 'dies before':
        dead = true;
        throw new ProcessDied();
      case 'dies after':
        await send(command);
        dead = true;
        throw new ProcessDied();
      case 'refused':
        throw new ProvisionedThroughputExceededException({
          $metadata: {},
          message: 'the table is busy',
        });
      case 'answer lost':
        await send(command);
        return send(command);
      case 'frozen':
        await meanwhile?.();
        return send(command);
    }
  };
  Object.defineProperty(client, 'send', { value: faulty });
  return { client, calls: () => calls };
}
