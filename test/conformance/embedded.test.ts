import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileObjects } from '../../src/local/file-objects.ts';
import { createLocalQueue, type LocalQueue } from '../../src/local/local-queue.ts';
import { openStore } from '../../src/local/store/store.ts';
import { portsConformance } from './suite.ts';

portsConformance('embedded', async () => {
  const home = mkdtempSync(join(tmpdir(), 'headrace-'));
  const store = openStore(home);
  const queues: LocalQueue[] = [];
  return {
    ...store,
    objects: createFileObjects(home),
    transitions: (handle) => {
      const queue = createLocalQueue({ handle, retryDelayMs: () => 0 });
      queues.push(queue);
      return queue;
    },
    close: async () => {
      await Promise.all(queues.map((queue) => queue.stop()));
      store.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
});
