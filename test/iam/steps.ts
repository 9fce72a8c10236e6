/**
 * The services that run steps: queues of the template in the Batch emulator, and container logs,
 * which are written under the execution role.
 *
 * @module
 */
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
} from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { BatchEmulator } from '../../testing/batch/index.ts';
import type { LogSink } from '../../testing/batch/logs.ts';
import { queuesOf, type Template } from '../aws/deployed/template.ts';
import { type Credentials, rootOptions } from './account.ts';

export async function createQueues(
  { url }: BatchEmulator,
  region: string,
  template: Template,
): Promise<void> {
  const client = new BatchClient(rootOptions({ endpoint: url, region }));
  const made = new Set<string>();
  for (const { name, priority, environment, computeResources } of queuesOf(template)) {
    if (!made.has(environment))
      await client.send(
        new CreateComputeEnvironmentCommand({
          computeEnvironmentName: environment,
          type: 'MANAGED',
          computeResources,
        }),
      );
    made.add(environment);
    const order = [{ order: 1, computeEnvironment: environment }];
    await client.send(
      new CreateJobQueueCommand({
        jobQueueName: name,
        priority,
        state: 'ENABLED',
        computeEnvironmentOrder: order,
      }),
    );
  }
  client.destroy();
}

/** Writes as the log driver of ECS does: one stream for each container, in an existing group. */
export function containerLogs(endpoint: string, region: string, credentials: Credentials): LogSink {
  const client = new CloudWatchLogsClient({ endpoint, region, credentials });
  const made = new Set<string>();
  return {
    async write(logGroupName, logStreamName, lines) {
      if (!made.has(logStreamName))
        await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
      made.add(logStreamName);
      const logEvents = lines.map(({ timestamp, message }) => ({
        timestamp,
        message: message === '' ? ' ' : message,
      }));
      await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
    },
  };
}
