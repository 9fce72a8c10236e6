/**
 * Links to objects as presigned URLs of S3.
 *
 * 1. S3 itself verifies the content that a link writes: its checksum is part of the signature, and
 *    so is the condition that no object is overwritten.
 *
 * @module
 */
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Clock } from '../../ports/clock.ts';
import type { Links } from '../../ports/links.ts';
import { toS3Key } from './s3-key-escaping.ts';

/** The credentials of the function may expire earlier, and the links with them. */
const LIFETIME_SECONDS = 900;

export interface S3LinksOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly clock: Clock;
}

export function createS3Links({ client, bucket, clock }: S3LinksOptions): Links {
  const expiresAt = (): number => clock.now() + LIFETIME_SECONDS * 1000;
  return {
    async read(key, { filename } = {}) {
      const disposition =
        filename === undefined
          ? {}
          : {
              ResponseContentDisposition: `attachment; filename*=UTF-8''${encodeURIComponent(filename)}`,
            };
      const command = new GetObjectCommand({ Bucket: bucket, Key: toS3Key(key), ...disposition });
      return {
        url: await getSignedUrl(client, command, { expiresIn: LIFETIME_SECONDS }),
        method: 'GET',
        headers: {},
        expiresAt: expiresAt(),
      };
    },
    async write(key, { hash, size }) {
      const checksum = Buffer.from(hash, 'hex').toString('base64');
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: toS3Key(key),
        ContentLength: size,
        ChecksumSHA256: checksum,
        IfNoneMatch: '*',
      });
      const url = await getSignedUrl(client, command, {
        expiresIn: LIFETIME_SECONDS,
        unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
        signableHeaders: new Set([
          'host',
          'content-length',
          'if-none-match',
          'x-amz-checksum-sha256',
        ]),
      });
      return {
        url,
        method: 'PUT',
        headers: { 'x-amz-checksum-sha256': checksum, 'if-none-match': '*' },
        expiresAt: expiresAt(),
      };
    },
  };
}
