import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOptions, type Emulator } from '../../test/aws/harness/connection.ts';
import { startEmulator } from '../../test/aws/harness/emulator.ts';
import { cloudWatchSink, secretsManagerReader } from './index.ts';
import { startTestBatch } from './test-batch.ts';

let aws: Emulator;
beforeAll(async () => {
  aws = await startEmulator();
});
afterAll(() => aws?.stop());

describe('logs and secrets in other emulated services', () => {
  it('log streams are written to CloudWatch Logs, in the group of the definition', async () => {
    const client = new CloudWatchLogsClient(clientOptions(aws));
    const batch = await startTestBatch({ logs: cloudWatchSink(client) });
    const read = async (logGroupName: string, logStreamName = '') => {
      const { events = [] } = await client.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true }),
      );
      return events.map(({ message }) => message);
    };
    const byDefault = await batch.ended(await batch.submit(await batch.define(['seq', '2500'])));
    const logConfiguration = {
      logDriver: 'awslogs' as const,
      options: { 'awslogs-group': '/headrace/steps', 'awslogs-stream-prefix': 'step' },
    };
    const own = await batch.ended(
      await batch.submit(
        await batch.define(['printf', 'one\n\ntwo\n'], {
          containerProperties: { logConfiguration },
        }),
      ),
    );
    await batch.emulator.settled();

    expect((await read('/aws/batch/job', byDefault.container?.logStreamName)).slice(0, 3)).toEqual([
      '1',
      '2',
      '3',
    ]);
    expect(own.container?.logStreamName).toMatch(/^step\/default\//u);
    expect(
      (await read('/headrace/steps', own.container?.logStreamName)).map((line) => line?.trim()),
    ).toEqual(['one', '', 'two']);
    client.destroy();
  });

  it('secrets are read from Secrets Manager: the whole text or one member of its JSON', async () => {
    const client = new SecretsManagerClient(clientOptions(aws));
    const { ARN = '' } = await client.send(
      new CreateSecretCommand({
        Name: `login-${process.pid}`,
        SecretString: '{"user":"ada","pin":17}',
      }),
    );
    const read = secretsManagerReader(client);
    expect(await read(ARN)).toBe('{"user":"ada","pin":17}');
    expect(await read(`login-${process.pid}`)).toBe('{"user":"ada","pin":17}');
    expect(await read(`${ARN}:user::`)).toBe('ada');
    expect(await read(`${ARN}:pin:AWSCURRENT:`)).toBe('17');
    await expect(read(`${ARN}:none::`)).rejects.toThrow('no member none');
    await expect(read(`${ARN}x`)).rejects.toThrow();
    client.destroy();
  });
});
