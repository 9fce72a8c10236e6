import { createServer } from 'node:http';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createMailTopic } from '../../../src/aws/notifications/mail-topic.ts';
import { createNotificationHandler } from '../../../src/aws/notifications/notification-handler.ts';
import {
  type NotificationSettings,
  readNotificationSettings,
} from '../../../src/aws/notifications/settings.ts';
import { readWebhookUrl } from '../../../src/aws/notifications/webhook-secret.ts';
import type { Notification } from '../../../src/model/notifications.ts';
import type { Webhook } from '../../../src/notifications/send.ts';
import { publishedEvents, type RunChange } from '../../aws/notifications/published-events.ts';

const API = 'https://api.example.org/live/';
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:mail';
const SETTINGS: NotificationSettings = {
  targets: [
    { on: ['failed'], type: 'mail' },
    { on: ['failed', 'waiting'], project: 'flowers', type: 'slack', secret: 'team/slack' },
    { on: ['completed'], type: 'webhook', secret: 'team/hook' },
  ],
  api: API,
  topics: { 0: TOPIC },
};
const FACTS = { project: 'flowers', pipeline: 'iris', tags: ['nightly'] };
const RUN = '0'.repeat(26);

/** The input of the function, as the rule of the notification makes it. */
async function anInput(notification: number, change: RunChange) {
  const event = (await publishedEvents(change, FACTS)).at(-1);
  return { notification, type: event?.['detail-type'], detail: event?.detail };
}

function aFunction(answers: (string | undefined)[] = []) {
  const sent: { webhook: Webhook; notification: Notification }[] = [];
  const mails: { topicArn: string; subject: string; text: string }[] = [];
  const logged: string[] = [];
  const note = (event: string, data: object = {}) =>
    void logged.push(`${event} ${JSON.stringify(data)}`);
  const handler = createNotificationHandler({
    settings: SETTINGS,
    webhookUrl: async (secret) => `https://hooks.example.org/${secret}`,
    mail: {
      publish: async (topicArn, mail) => void mails.push({ topicArn, ...mail }),
    },
    log: { info: note, warn: note, error: note },
    clock: { now: () => 0 },
    send: async (webhook, notification) => {
      sent.push({ webhook, notification });
      return answers.shift();
    },
  });
  return { handler, sent, mails, logged };
}

describe('the function of notifications', () => {
  it('a webhook receives the document of a failed run, with the command that shows it in the deployment', async () => {
    const { handler, sent } = aFunction();
    await handler(await anInput(2, 'failed'));
    const command = `headrace runs show ${RUN} --endpoint ${API}`;
    const error = { name: 'TypeError', message: 'no "rows"\nat all' };
    expect(sent).toEqual([
      {
        webhook: { format: 'json', url: 'https://hooks.example.org/team/hook' },
        notification: {
          type: 'run.failed',
          id: `${RUN}/0/failed/1000000`,
          at: '1970-01-01T00:16:40.000Z',
          run: { id: RUN, number: 1, version: '1.0.0', ...FACTS },
          step: 'train',
          error,
          signal: null,
          command,
          text: `flowers/iris#1 failed at step train\nTypeError: ${error.message}\n${command}`,
        },
      },
    ]);
  });

  it('a run that waits, completed or was aborted is reported as such', async () => {
    const { handler, sent } = aFunction();
    for (const change of ['waiting', 'completed', 'aborted'] as const)
      await handler(await anInput(1, change));
    expect(sent.map(({ notification }) => notification.text.split('\n')[0])).toEqual([
      'flowers/iris#1 waits for approve',
      'flowers/iris#1 completed',
      'flowers/iris#1 aborted',
    ]);
    expect(sent.map(({ notification }) => notification.signal)).toEqual(['approve', null, null]);
    expect(sent[0]?.webhook.format).toBe('slack');
  });

  it('a mail has the first line as its subject, and the whole text', async () => {
    const { handler, mails } = aFunction();
    await handler(await anInput(0, 'failed'));
    expect(mails).toEqual([
      {
        topicArn: TOPIC,
        subject: 'flowers/iris#1 failed at step train',
        text: expect.stringContaining('TypeError: no "rows"'),
      },
    ]);
  });

  it('an event that is delivered twice is sent once, to each target', async () => {
    const { handler, sent, logged } = aFunction();
    const [slack, webhook] = [await anInput(1, 'failed'), await anInput(2, 'failed')];
    for (const input of [slack, slack, webhook, webhook]) await handler(input);
    expect(sent.map(({ webhook: { format } }) => format)).toEqual(['slack', 'json']);
    expect(logged.map((line) => line.split(' {')[0])).toEqual([
      'notification sent',
      'notification repeated',
      'notification sent',
      'notification repeated',
    ]);
  });

  it('a message that is not accepted fails the invocation without the address, and is sent by the next one', async () => {
    const { handler, sent, logged } = aFunction(['it answered 503']);
    const input = await anInput(1, 'failed');
    await expect(handler(input)).rejects.toThrow(/^notification 1 was not sent: it answered 503$/);
    await handler(input);
    expect(sent).toHaveLength(2);
    expect(logged.join()).not.toContain('hooks.example.org');
  });

  it('a test message can be sent to a target, and its outcome is returned', async () => {
    const { handler, sent } = aFunction();
    expect(await handler({ notification: 2, test: true })).toEqual([
      { notification: 2, to: 'webhook', sent: ['test'], problem: null },
    ]);
    expect(sent.map(({ notification: { type, run } }) => ({ type, run }))).toEqual([
      { type: 'test', run: null },
    ]);
  });

  it('tests of all targets are sent, and a target that accepts none does not stop the others', async () => {
    const { handler, mails, logged } = aFunction(['it answered 404']);
    expect(await handler({ test: true })).toEqual([
      { notification: 0, to: 'mail', sent: ['test'], problem: null },
      { notification: 1, to: 'slack', sent: [], problem: 'it answered 404' },
      { notification: 2, to: 'webhook', sent: ['test'], problem: null },
    ]);
    expect(mails).toHaveLength(1);
    expect(logged.join()).not.toContain('hooks.example.org');
  });

  it('samples are sent of each change that a target is for, and repeated in the next test', async () => {
    const { handler, sent } = aFunction();
    for (let count = 0; count < 2; count += 1)
      expect(await handler({ test: true, notification: 1, samples: true })).toEqual([
        { notification: 1, to: 'slack', sent: ['failed', 'waiting'], problem: null },
      ]);
    expect(sent).toHaveLength(4);
    expect(sent.map(({ notification }) => notification.text.split('\n')[0]).slice(0, 2)).toEqual([
      'Sample: flowers/pipeline#1 failed at step step',
      'Sample: flowers/pipeline#1 waits for signal',
    ]);
    expect(sent[0]?.notification).toMatchObject({
      type: 'run.failed',
      id: 'test/0/failed',
      run: { project: 'flowers' },
    });
  });

  it.each([
    [{ notification: 7, test: true }, 'the configuration has no such notification'],
    [{ notification: 0 }, /invalid/i],
  ])('the input %j is refused', async (input, reason) => {
    await expect(aFunction().handler(input)).rejects.toThrow(reason);
  });

  it('the settings are read from the file and the environment', () => {
    const { targets, api, topics } = SETTINGS;
    const environment = { HEADRACE_NOTIFICATIONS: JSON.stringify({ api, topics }) };
    expect(readNotificationSettings(environment, { targets })).toEqual(SETTINGS);
    expect(() => readNotificationSettings({}, { targets })).toThrow(/api/);
  });
});

describe('the secret of a webhook', () => {
  function reading(SecretString: string | undefined) {
    const client = new SecretsManagerClient({ region: 'eu-west-1' });
    vi.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
      if (!(command instanceof GetSecretValueCommand)) throw new Error('only reads are expected');
      return { SecretString };
    });
    return readWebhookUrl(client, 'team/hook');
  }

  it.each(['https://example.org/s3cret', '{"url":"https://example.org/s3cret"}'])(
    'is a text, or JSON with the key url: %s',
    async (text) => {
      expect(await reading(`${text}\n`)).toBe('https://example.org/s3cret');
    },
  );

  it.each([
    'http://example.org/s3cret',
    'ftp://example.org/s3cret',
    'https://user:s3cret@example.org/',
    'https://127.0.0.1/s3cret',
    'https://10.0.0.1/s3cret',
    'https://0x7f000001/s3cret',
    'https://[::1]/s3cret',
    'https://[fd00:ec2::254]/s3cret',
    'https://localhost/s3cret',
    'https://a.localhost./s3cret',
    'https://printer.local/s3cret',
    'https://ip-10-0-0-1.ec2.internal/s3cret',
    'https://intranet/s3cret',
    's3cret',
    '{"address":"https://example.org/s3cret"}',
    '',
    undefined,
  ])('%s is refused, and the error does not contain it', async (text) => {
    const error: unknown = await reading(text).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('the secret team/hook does not contain the address');
    expect(String(error)).not.toContain('s3cret');
  });
});

describe('the topic of a mail', () => {
  async function sns(status: number, answer = '') {
    const requests: { authorization: string; form: Record<string, string> }[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        requests.push({
          authorization: String(request.headers.authorization),
          form: Object.fromEntries(new URLSearchParams(text)),
        });
        response.writeHead(status).end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const topic = createMailTopic({
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
      environment: { AWS_ENDPOINT_URL_SNS: `http://127.0.0.1:${port}` },
    });
    return { topic, requests };
  }

  it('receives a signed request, whose subject is ASCII in one line of less than 100 characters', async () => {
    const { topic, requests } = await sns(200);
    await topic.publish(TOPIC, { subject: `Prüfung\n${'x'.repeat(200)}`, text: 'Zeile 1\nü' });
    expect(requests[0]?.authorization).toContain('/eu-west-1/sns/aws4_request');
    expect(requests[0]?.form).toMatchObject({
      Action: 'Publish',
      TopicArn: TOPIC,
      Message: 'Zeile 1\nü',
    });
    expect(requests[0]?.form.Subject).toMatch(/^Pr\?fung\?x+$/);
    expect(requests[0]?.form.Subject?.length).toBeLessThan(100);
  });

  it('a refusal is reported with its code', async () => {
    const { topic } = await sns(403, '<Error><Code>AuthorizationError</Code></Error>');
    await expect(topic.publish(TOPIC, { subject: 'a', text: 'b' })).rejects.toThrow(
      'SNS answered 403: AuthorizationError',
    );
  });
});
