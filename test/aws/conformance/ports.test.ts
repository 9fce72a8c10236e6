import { afterAll, beforeAll } from 'vitest';
import { portsConformance } from '../../conformance/suite.ts';
import type { Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { aBucket } from '../transport/ports.ts';
import { aQueue, type QueueUnderTest } from '../transport/queue.ts';
import { dynamoPorts } from './dynamo.ts';

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
});

afterAll(() => emulator?.stop());

portsConformance('in AWS', async () => {
  const [records, bucket, queue] = await Promise.all([
    dynamoPorts(emulator),
    aBucket(emulator),
    aQueue(emulator),
  ]);
  const resources: Pick<QueueUnderTest, 'close'>[] = [records, bucket, queue];
  return {
    ...records,
    objects: bucket.objects,
    transitions(handle) {
      queue.deliverTo(handle);
      return queue.transitions;
    },
    close: async () => {
      for (const each of resources) await each.close();
    },
  };
});
