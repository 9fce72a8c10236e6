/**
 * Objects and transitions on an emulator, as the ports' suites take them: a bucket and a queue of
 * their own for each test.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { s3Options } from '../../../src/aws/storage/s3-client-options.ts';
import { createS3Objects, type S3Objects } from '../../../src/aws/storage/s3-objects.ts';
import type { PortsUnderTest } from '../../conformance/ports.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';

export interface BucketUnderTest {
  readonly objects: S3Objects;
  readonly client: S3Client;
  readonly bucket: string;
  close(): Promise<void>;
}

export async function aBucket(emulator: Emulator): Promise<BucketUnderTest> {
  const client = new S3Client({ ...clientOptions(emulator), ...s3Options(emulator.environment) });
  const bucket = `headrace-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const objects = createS3Objects({ client, bucket });
  return {
    objects,
    client,
    bucket,
    async close() {
      await objects.remove('');
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
    },
  };
}

const absent = (name: string) => () => {
  throw new Error(`this suite has no ${name}`);
};

/** A set of ports of which a suite uses some alone. */
export function onlyPorts(
  ports: Pick<PortsUnderTest, 'close'> & Partial<Pick<PortsUnderTest, 'objects' | 'transitions'>>,
): PortsUnderTest {
  return {
    get tasks() {
      return absent('tasks')();
    },
    get queries() {
      return absent('queries')();
    },
    get cache() {
      return absent('cache')();
    },
    get registry() {
      return absent('registry')();
    },
    get objects() {
      return ports.objects ?? absent('objects')();
    },
    transitions: ports.transitions ?? absent('transitions'),
    close: ports.close,
  };
}
