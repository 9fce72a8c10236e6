/**
 * Tests the adapters that only the API uses: presigned links to S3 objects, and step logs in
 * CloudWatch.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStepLogs } from '../../../src/aws/observability/step-logs.ts';
import { s3Options } from '../../../src/aws/storage/s3-client-options.ts';
import { createS3Links } from '../../../src/aws/storage/s3-links.ts';
import { createS3Objects } from '../../../src/aws/storage/s3-objects.ts';
import { createClient } from '../../../src/client/client.ts';
import type { Link } from '../../../src/ports/links.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';

let aws: Emulator;
beforeAll(async () => {
  aws = await startEmulator();
});
afterAll(async () => {
  await aws.stop();
});

/** The client whose functions use the links. */
const client = createClient({
  endpoint: 'http://127.0.0.1:1',
  sign: async ({ headers }) => headers,
  firstRetryDelayMs: 1,
});
const asDocument = (link: Link) => ({
  ...link,
  headers: { ...link.headers },
  expiresAt: new Date(link.expiresAt).toISOString(),
});

describe('links on S3', () => {
  const newLinks = async () => {
    const s3 = new S3Client({ ...clientOptions(aws), ...s3Options(aws.environment) });
    const bucket = `links-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    return {
      links: createS3Links({ client: s3, bucket, clock: { now: () => 1_000 } }),
      objects: createS3Objects({ client: s3, bucket }),
    };
  };

  it('an S3 link writes its object once, and another link reads it', async () => {
    const { links, objects } = await newLinks();
    const text = 'export default "ü";';
    const hash = createHash('sha256').update(text).digest('hex');
    const write = await links.write(`code/${hash}.mjs`, { hash, size: Buffer.byteLength(text) });
    await client.writeLink(asDocument(write), text);
    expect(Buffer.from(await objects.get(`code/${hash}.mjs`, 1e6)).toString()).toBe(text);
    await client.writeLink(asDocument(write), text);
    const read = await links.read(`code/${hash}.mjs`, { filename: 'ü.mjs' });
    const response = await client.readLink(asDocument(read));
    expect(await response.text()).toBe(text);
    expect(read.expiresAt).toBe(901_000);
  });

  it('an S3 link signs the checksum and the condition that no object is overwritten', async () => {
    const { links } = await newLinks();
    const hash = createHash('sha256').update('x').digest('hex');
    const { url, headers } = await links.write('code/x', { hash, size: 1 });
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')?.split(';')).toEqual(
      expect.arrayContaining(['content-length', 'host', 'if-none-match', 'x-amz-checksum-sha256']),
    );
    expect(headers).toEqual({
      'if-none-match': '*',
      'x-amz-checksum-sha256': Buffer.from(hash, 'hex').toString('base64'),
    });
  });
});

describe('logs in CloudWatch', () => {
  it('CloudWatch logs are read in pages, and later lines are read from the last position', async () => {
    const cloudWatch = new CloudWatchLogsClient(clientOptions(aws));
    const group = `/logs-${randomUUID()}`;
    const stream = 'step/default/1';
    let now = Date.now();
    const put = (...texts: readonly string[]) =>
      cloudWatch.send(
        new PutLogEventsCommand({
          logGroupName: group,
          logStreamName: stream,
          logEvents: texts.map((message) => ({ timestamp: now++, message })),
        }),
      );
    await cloudWatch.send(new CreateLogGroupCommand({ logGroupName: group }));
    const logs = createStepLogs({
      client: cloudWatch,
      group,
      clock: { now: Date.now },
    });
    expect(await logs.read(stream, { from: null, limit: 10, ended: false })).toMatchObject({
      lines: [],
      more: false,
    });
    await cloudWatch.send(
      new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }),
    );
    await put('one', 'two\n', 'three');
    const found: string[] = [];
    let from: string | null = null;
    for (let more = true; more; ) {
      const page = await logs.read(stream, { from, limit: 2, ended: false });
      found.push(...page.lines.map(({ text }) => text));
      ({ more, next: from } = page);
    }
    expect(found).toEqual(['one', 'two', 'three']);
    await put('four');
    expect((await logs.read(stream, { from, limit: 10, ended: true })).lines).toMatchObject([
      { text: 'four', at: now - 1 },
    ]);
  });
});
