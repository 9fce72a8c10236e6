/**
 * The process of a step in a function: `node process.mjs <bucket>`, started by the supervisor.
 *
 * @module
 */
import { S3Client } from '@aws-sdk/client-s3';
import { s3Options } from '../../src/aws/storage/s3-client-options.ts';
import { createS3Objects } from '../../src/aws/storage/s3-objects.ts';
import { serveAttempt } from '../../src/runner/attempt-process.ts';

const MAX_S3_ATTEMPTS = 10;

const [, , bucket = ''] = process.argv;
// A function has no packages of the machine that bundled.
serveAttempt({
  objects: () =>
    createS3Objects({
      client: new S3Client({ ...s3Options(), maxAttempts: MAX_S3_ATTEMPTS }),
      bucket,
    }),
  codeFolder: ({ home }) => home,
  materialize: async () => (text) => text,
});
