/**
 * Runs the suites of the records on an emulator, with a checkpoint after every commit: all content
 * is in items at once, and none of it is in the log.
 *
 * @module
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { recordsConformance } from '../../conformance/suite.ts';
import type { Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { dynamoPorts } from './dynamo.ts';

const otherPorts = () => ({
  objects: createMemoryStorage().objects,
  transitions: () => ({ send: async () => undefined }),
});

describe('ports in DynamoDB with a checkpoint after every commit', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator?.stop());

  const makePorts = async () => ({
    ...(await dynamoPorts(emulator, { role: 'writer', checkpointAfterCommits: 1 })),
    ...otherPorts(),
  });
  recordsConformance(makePorts);
});
