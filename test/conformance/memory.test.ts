import { createLocalQueue } from '../../src/local/local-queue.ts';
import { createMemoryStorage } from './memory.ts';
import { portsConformance } from './suite.ts';

portsConformance('in memory', async () => {
  const storage = createMemoryStorage();
  return {
    ...storage,
    queries: storage.tasks,
    removal: storage.tasks,
    transitions: (handle) => createLocalQueue({ handle, retryDelayMs: () => 0 }),
    close: async () => undefined,
  };
});
