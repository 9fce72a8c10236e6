/** The queues of a deployment, as the API shows them. */
import type { Settings } from '../../src/aws/deployment/settings.ts';

export const queueDocuments = ({ queues }: Pick<Settings, 'queues'>) =>
  Object.entries(queues).map(([name, queue]) =>
    queue.platform === 'lambda'
      ? {
          name,
          platform: queue.platform,
          spot: false,
          gpu: false,
          concurrency: queue.maxConcurrency,
        }
      : { name, ...queue, concurrency: null },
  );
