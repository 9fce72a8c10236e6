/**
 * Signs requests: with a bearer token or with AWS credentials.
 *
 * @module
 */
import { SigningError } from './errors.ts';

export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Returns the headers with which the request must be sent. */
export type Sign = (request: OutgoingRequest) => Promise<Readonly<Record<string, string>>>;

/** The token is requested for each request, because it may expire. */
export const bearer =
  (token: () => string | Promise<string>): Sign =>
  async ({ headers }) => ({ ...headers, authorization: `Bearer ${await token()}` });

export interface AwsSigningOptions {
  /** Default: the region in the host name of the endpoint, else the region of the environment. */
  readonly region?: string | undefined;
  /** A profile of the AWS configuration. */
  readonly profile?: string | undefined;
  /** The name that the receiving service of AWS signs under. Default: that of API Gateway. */
  readonly service?: string | undefined;
}

/** SigV4, with the credentials that the AWS command line uses. */
export function sigV4(
  { region, profile, service = 'execute-api' }: AwsSigningOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Sign {
  let signer: Promise<{ sign: Sign }> | undefined;
  const loadSigner = async (host: string): Promise<{ sign: Sign }> => {
    const signingRegion =
      region ??
      /\.execute-api\.([a-z0-9-]+)\./.exec(host)?.[1] ??
      environment.AWS_REGION ??
      environment.AWS_DEFAULT_REGION;
    if (signingRegion === undefined)
      throw new SigningError(
        `the region of ${host} is unknown: add the profile with --region, or set AWS_REGION`,
      );
    const [{ SignatureV4 }, { defaultProvider }, { Sha256 }] = await Promise.all([
      import('@smithy/signature-v4'),
      import('@aws-sdk/credential-provider-node'),
      import('@aws-crypto/sha256-js'),
    ]);
    const credentials = defaultProvider(profile === undefined ? {} : { profile });
    const signer = new SignatureV4({
      service,
      region: signingRegion,
      credentials,
      sha256: Sha256,
    });
    return {
      async sign({ method, url, query, headers, body }) {
        const values: Record<string, string[]> = {};
        for (const [name, value] of query) values[name] = [...(values[name] ?? []), value];
        const signed = await signer
          .sign({
            method,
            protocol: url.protocol,
            hostname: url.hostname,
            ...(url.port === '' ? {} : { port: Number(url.port) }),
            path: url.pathname,
            query: values,
            headers: { ...headers, host: url.host },
            ...(body === undefined ? {} : { body }),
          })
          .catch((error: unknown) => {
            throw new SigningError(
              `no AWS credentials to sign with: ${error instanceof Error ? error.message : String(error)}`,
              { cause: error },
            );
          });
        const { host: _, ...rest } = signed.headers;
        return rest;
      },
    };
  };
  return async (request) => {
    signer ??= loadSigner(request.url.host);
    return await (await signer).sign(request);
  };
}
