/**
 * The records of runs are the same whether they are in items already or still in the log: on an
 * emulator, each commit in items at once.
 *
 * @module
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { rewindConformance } from '../../conformance/rewind.ts';
import { tasksConformance } from '../../conformance/tasks.ts';
import type { Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { dynamoPorts } from './dynamo.ts';

const others = () => ({
  objects: createMemoryStorage().objects,
  transitions: () => ({ send: async () => undefined }),
});

describe('ports in DynamoDB, a checkpoint each commit', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator?.stop());

  const makePorts = async () => ({
    ...(await dynamoPorts(emulator, { role: 'writer', commitsTogether: 1 })),
    ...others(),
  });
  tasksConformance(makePorts);
  rewindConformance(makePorts);
});
