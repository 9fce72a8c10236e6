/**
 * Other emulated services beside this one: log streams go to CloudWatch Logs, secrets come from
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

/**
 * Events of one PutLogEvents call; its bytes are kept below the service's limit by the lines' own
 * cut.
 */
const EVENTS_AT_ONCE = 1000;
const LINE_CHARACTERS = 60_000;
/** Bytes of one call: the service takes 1 MiB, 26 of it for each event. */
const BYTES_AT_ONCE = 900_000;

export function cloudWatchSink(client: CloudWatchLogsClient): LogSink {
  const made = new Map<string, Promise<void>>();
  const make = async (group: string, stream: string): Promise<void> => {
    await client.send(new CreateLogGroupCommand({ logGroupName: group })).catch(unlessThere);
    await client
      .send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }))
      .catch(unlessThere);
  };
  return {
    write: async (group, stream, lines) => {
      const key = `${group}\n${stream}`;
      const ready = made.get(key) ?? make(group, stream);
      made.set(key, ready);
      await ready.catch((error) => {
        made.delete(key);
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
        const cut = message.slice(0, LINE_CHARACTERS) || ' ';
        const size = Buffer.byteLength(cut) + 26;
        if (batch.length >= EVENTS_AT_ONCE || bytes + size > BYTES_AT_ONCE) await send();
        batch.push({ timestamp, message: cut });
        bytes += size;
      }
      await send();
    },
  };
}

function unlessThere(error: unknown): void {
  if (!(error instanceof ResourceAlreadyExistsException)) throw error;
}

/**
 * Reads `valueFrom` as ECS does: the ARN or name of a secret, or
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
