import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ObjectMissingError } from '../../../src/ports/objects.ts';
import { objectsConformance } from '../../conformance/objects.ts';
import type { Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { aBucket, type BucketUnderTest, onlyPorts } from './ports.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator?.stop());

describe('ports on S3', () => {
  objectsConformance(async () => {
    const { objects, close } = await aBucket(emulator);
    return onlyPorts({ objects, close });
  });
});

describe('objects on S3', () => {
  let store: BucketUnderTest;
  beforeAll(async () => {
    store = await aBucket(emulator);
  });
  afterAll(() => store?.close());

  const MIB = 2 ** 20;
  const chunk = randomBytes(MIB);
  async function* chunks(count: number, error?: Error): AsyncGenerator<Buffer> {
    for (let n = 0; n < count; n += 1) yield chunk;
    if (error !== undefined) throw error;
  }

  test('a large stream is uploaded in parts and read back unchanged', async () => {
    const hash = createHash('sha256');
    for (let n = 0; n < 40; n += 1) hash.update(chunk);
    const info = await store.objects.put('large', Readable.from(chunks(40)));
    expect(info).toEqual({ size: 40 * MIB, hash: hash.digest('hex') });
    const read = createHash('sha256');
    for await (const piece of await store.objects.stream('large')) read.update(piece);
    expect(read.digest('hex')).toBe(info.hash);
  });

  test('an interrupted upload leaves no object and no parts', async () => {
    await expect(
      store.objects.put('broken', Readable.from(chunks(40, new Error('the disk broke')))),
    ).rejects.toThrow('the disk broke');
    expect(await store.objects.exists('broken')).toBe(false);
    const { Uploads } = await store.client.send(
      new ListMultipartUploadsCommand({ Bucket: store.bucket }),
    );
    expect(Uploads ?? []).toEqual([]);
  });

  test('keys without special characters are unchanged in S3', async () => {
    await store.objects.put('p/team%2Fforecasts/data/x y/ü.json', Buffer.from('plain'));
    const found = await store.client.send(
      new GetObjectCommand({ Bucket: store.bucket, Key: 'p/team%2Fforecasts/data/x y/ü.json' }),
    );
    expect(await found.Body?.transformToString()).toBe('plain');
  });

  test('a range of an object is read without the rest', async () => {
    await store.objects.put('sliced', Buffer.from('0123456789'));
    const text = async (from: number, to: number) =>
      Buffer.from(await store.objects.slice('sliced', from, to)).toString();
    expect(await text(0, 3)).toBe('012');
    expect(await text(7, 10)).toBe('789');
    expect(await text(4, 4)).toBe('');
    await expect(store.objects.slice('none', 0, 3)).rejects.toThrow(ObjectMissingError);
  });

  test('a presigned URL reads or writes its object without credentials', async () => {
    const written = await fetch(await store.objects.writeUrl('by-url/a%2Fb'), {
      method: 'PUT',
      body: 'by URL',
    });
    expect(written.status).toBe(200);
    expect(Buffer.from(await store.objects.get('by-url/a%2Fb', 1e6)).toString()).toBe('by URL');
    expect(await (await fetch(await store.objects.readUrl('by-url/a%2Fb'))).text()).toBe('by URL');
    expect((await fetch(await store.objects.readUrl('by-url/none'))).status).toBe(404);
  });

  test('a concurrent write (409) does not count as an existing object', async () => {
    const conflict = new S3ServiceException({
      name: 'ConditionalRequestConflict',
      $fault: 'client',
      $metadata: { httpStatusCode: 409 },
    });
    const send = vi
      .spyOn(store.client, 'send')
      .mockRejectedValueOnce(conflict)
      .mockRejectedValueOnce(conflict);
    await store.objects.putIfAbsent('contested', Buffer.from('mine'));
    expect(send).toHaveBeenCalledTimes(3);
    send.mockRestore();
    expect(Buffer.from(await store.objects.get('contested', 1e6)).toString()).toBe('mine');
  });

  test('more objects than one page of a listing holds are removed', async () => {
    const keys = Array.from({ length: 1005 }, (_, n) => `many/${n}`);
    for (let n = 0; n < keys.length; n += 50) {
      await Promise.all(
        keys
          .slice(n, n + 50)
          .map((Key) =>
            store.client.send(new PutObjectCommand({ Bucket: store.bucket, Key, Body: 'x' })),
          ),
      );
    }
    await store.objects.put('many-others', Buffer.from('stays'));
    await store.objects.remove('many/');
    expect(await store.objects.exists('many/0')).toBe(false);
    expect(await store.objects.exists('many/1004')).toBe(false);
    expect(await store.objects.exists('many-others')).toBe(true);
  });
});
