/**
 * The records of runs are the same whether they are in items already or still in the log, and for whoever looks.
 *
 * @module
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { rewindConformance } from '../../conformance/rewind.ts';
import { tasksConformance } from '../../conformance/tasks.ts';
import { type Emulator, startEmulator } from '../harness/ministack.ts';
import { dynamoPorts } from './dynamo.ts';

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
});

afterAll(() => emulator?.stop());

describe.each([
  { role: 'writer', commitsTogether: 1 },
  { role: 'reader', commitsTogether: 2 },
] as const)('ports in DynamoDB, as a $role, a checkpoint each $commitsTogether commits', ({ role, commitsTogether }) => {
  const makePorts = async () => ({
    ...(await dynamoPorts(emulator, role, commitsTogether)),
    objects: createMemoryStorage().objects,
    transitions: () => ({ send: async () => undefined }),
  });
  tasksConformance(makePorts);
  rewindConformance(makePorts);
});
