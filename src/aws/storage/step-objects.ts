/**
 * The object store of a step: its requests are tried for longer than those of the engine, because a
 * failed one costs an attempt.
 *
 * @module
 */
import { S3Client } from '@aws-sdk/client-s3';
import { requestLimits } from '../request-limits.ts';
import { s3Options } from './s3-client-options.ts';
import { createS3Objects, type S3Objects } from './s3-objects.ts';

/** @param region undefined: the region of the environment */
export const openStepObjects = (bucket: string, region?: string): S3Objects =>
  createS3Objects({
    client: new S3Client({
      ...requestLimits('s3', 'step'),
      ...s3Options(),
      ...(region === undefined ? {} : { region }),
    }),
    bucket,
  });
