/**
 * Signed requests for objects in S3, with the credentials of the process: in a container, those of
 * the step's role.
 *
 * A request without credentials is sent unsigned, so that public objects need none.
 *
 * @module
 */

type Headers = Readonly<Record<string, string>>;

export interface SignedRequest {
  readonly url: URL;
  readonly headers: Headers;
}

/**
 * @param region the bucket's, if a response named it
 * @param environment `AWS_REGION`, `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL` are read
 */
export async function signedS3Request(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  headers: Headers,
  region: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<SignedRequest> {
  const signingRegion =
    region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1';
  const url = objectUrl(bucket, key, signingRegion, environment);
  const credentials = await credentialsOf();
  if (credentials === undefined) return { url, headers };
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-crypto/sha256-js'),
  ]);
  const signer = new SignatureV4({
    service: 's3',
    region: signingRegion,
    credentials,
    sha256: Sha256,
    // S3 signs the path as it is sent.
    uriEscapePath: false,
    applyChecksum: false,
  });
  const signed = await signer.sign({
    method: 'GET',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: url.pathname,
    query: {},
    headers: { ...headers, host: url.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  });
  const { host: _, ...rest } = signed.headers;
  return { url, headers: rest };
}

function objectUrl(
  bucket: string,
  key: string,
  region: string,
  { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL }: NodeJS.ProcessEnv,
): URL {
  const endpoint = [AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL].find((each) => each);
  const path = key.split('/').map(encodeSegment).join('/');
  if (endpoint !== undefined)
    return new URL(`${endpoint.replace(/\/+$/, '')}/${encodeSegment(bucket)}/${path}`);
  // A bucket with a dot does not match the certificate of S3.
  return bucket.includes('.')
    ? new URL(`https://s3.${region}.amazonaws.com/${bucket}/${path}`)
    : new URL(`https://${bucket}.s3.${region}.amazonaws.com/${path}`);
}

/** As S3 encodes keys. */
const encodeSegment = (segment: string): string =>
  encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

async function credentialsOf() {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return await defaultProvider()().catch(() => undefined);
}
