/**
 * Ports on an emulator for the conformance suites: a bucket for each test, and incomplete sets of
 * ports.
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

const unavailable = (name: string) => () => {
  throw new Error(`this suite has no ${name}`);
};

/** A set of ports for a suite that uses only some of them. */
export function onlyPorts(
  ports: Pick<PortsUnderTest, 'close'> & Partial<Pick<PortsUnderTest, 'objects' | 'transitions'>>,
): PortsUnderTest {
  return {
    get tasks() {
      return unavailable('tasks')();
    },
    get queries() {
      return unavailable('queries')();
    },
    get cache() {
      return unavailable('cache')();
    },
    get limits() {
      return unavailable('limits')();
    },
    get registry() {
      return unavailable('registry')();
    },
    get objects() {
      return ports.objects ?? unavailable('objects')();
    },
    transitions: ports.transitions ?? unavailable('transitions'),
    close: ports.close,
  };
}
