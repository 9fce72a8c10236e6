import { expect, it } from 'vitest';
import { signedS3Request } from '../../../src/downloads/s3-request.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };

/** The credentials of the process are those of the environment. */
async function requested(
  target: { bucket: string; key: string },
  environment: NodeJS.ProcessEnv = {},
  region?: string,
) {
  const before = { ...process.env };
  Object.assign(process.env, CREDENTIALS);
  try {
    return await signedS3Request(target, { range: 'bytes=3-' }, region, environment);
  } finally {
    process.env = before;
  }
}

it('a request for an object is signed for the region of its bucket', async () => {
  const { url, headers } = await requested(
    { bucket: 'data', key: 'a b/ü+(1).csv' },
    { AWS_REGION: 'eu-west-1' },
    'ap-south-1',
  );
  expect(url.href).toBe('https://data.s3.ap-south-1.amazonaws.com/a%20b/%C3%BC%2B%281%29.csv');
  expect(headers.authorization).toContain('/ap-south-1/s3/aws4_request');
  expect(headers).toMatchObject({ range: 'bytes=3-', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' });
});

it('an endpoint of the environment and a bucket with a dot are addressed by path', async () => {
  const target = { bucket: 'my.data', key: 'x/y' };
  expect((await requested(target, { AWS_REGION: 'eu-west-1' })).url.href).toBe(
    'https://s3.eu-west-1.amazonaws.com/my.data/x/y',
  );
  expect((await requested(target, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' })).url.href).toBe(
    'http://127.0.0.1:9/my.data/x/y',
  );
});
