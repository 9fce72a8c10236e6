/**
 * Adapters to other emulated services: writes log streams to CloudWatch Logs, reads secrets from
 * Secrets Manager.
 *
 * @module
 */
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretReader } from './injection.ts';
import type { LogSink } from './logs.ts';

/** Events of one PutLogEvents request. */
const MAX_REQUEST_EVENTS = 1000;
const MAX_LINE_CHARACTERS = 60_000;
/** Bytes of one PutLogEvents request: the limit is 1 MiB, and each event adds 26 bytes. */
const MAX_REQUEST_BYTES = 900_000;

export function cloudWatchSink(client: CloudWatchLogsClient): LogSink {
  const streams = new Map<string, Promise<void>>();
  const createStream = async (group: string, stream: string): Promise<void> => {
    await client.send(new CreateLogGroupCommand({ logGroupName: group })).catch(ignoreExisting);
    await client
      .send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }))
      .catch(ignoreExisting);
  };
  return {
    write: async (group, stream, lines) => {
      const key = `${group}\n${stream}`;
      const ready = streams.get(key) ?? createStream(group, stream);
      streams.set(key, ready);
      await ready.catch((error) => {
        streams.delete(key);
        throw error;
      });
      let batch: { timestamp: number; message: string }[] = [];
      let bytes = 0;
      const send = async () => {
        if (batch.length > 0)
          await client.send(
            new PutLogEventsCommand({
              logGroupName: group,
              logStreamName: stream,
              logEvents: batch,
            }),
          );
        batch = [];
        bytes = 0;
      };
      for (const { timestamp, message } of lines) {
        const shortened = message.slice(0, MAX_LINE_CHARACTERS) || ' ';
        const size = Buffer.byteLength(shortened) + 26;
        if (batch.length >= MAX_REQUEST_EVENTS || bytes + size > MAX_REQUEST_BYTES) await send();
        batch.push({ timestamp, message: shortened });
        bytes += size;
      }
      await send();
    },
  };
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof ResourceAlreadyExistsException)) throw error;
}

/**
 * Reads a `valueFrom` as ECS does: the ARN or name of a secret, or
 * `<arn>:<key of its JSON>:<stage>:<version>`.
 */
export function secretsManagerReader(client: SecretsManagerClient): SecretReader {
  return async (valueFrom) => {
    const parts = valueFrom.split(':');
    const isArn = parts[0] === 'arn';
    const [key, stage, version] = isArn ? parts.slice(7) : [];
    const { SecretString } = await client.send(
      new GetSecretValueCommand({
        SecretId: isArn ? parts.slice(0, 7).join(':') : valueFrom,
        ...(stage && { VersionStage: stage }),
        ...(version && { VersionId: version }),
      }),
    );
    if (SecretString === undefined) throw new Error('the secret has no text');
    if (!key) return SecretString;
    const members: unknown = JSON.parse(SecretString);
    const value = new Map(Object.entries(members ?? {})).get(key);
    if (value === undefined) throw new Error(`the secret's JSON has no member ${key}`);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
}
