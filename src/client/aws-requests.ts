/**
 * Sends requests to services of AWS with the caller's own credentials, without the clients of the AWS
 * SDK: a few requests of a diagnosis do not justify six packages.
 *
 * 1. Every request reads, or sends a test message: it may be sent again.
 * 2. No request takes longer than its time limit, and none throws for a response of AWS or for a
 *    missing one: a diagnosis reports it.
 *
 * @module
 */
import { readBody } from '../model/collect-bytes.ts';
import { SigningError } from './errors.ts';
import { type Sign, sigV4 } from './signing.ts';

/** The name of a service in its host name, and the name that it signs under. */
export type AwsService = 'sts' | 'servicequotas' | 'lambda' | 'batch' | 'ec2' | 'sns';

export interface AwsRequest {
  readonly service: AwsService;
  readonly method?: 'GET' | 'POST';
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type AwsResponse =
  | { readonly kind: 'answer'; readonly text: string }
  /** The credentials are valid and may not do this. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** There are no credentials, or AWS does not accept them. */
  | { readonly kind: 'unauthenticated'; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string };

export interface AwsRequestOptions {
  readonly region: string;
  /** A profile of the AWS configuration. */
  readonly profile?: string | undefined;
  /** The most milliseconds from a request to the end of its response. */
  readonly timeoutMs?: number;
  readonly environment?: NodeJS.ProcessEnv;
}

export type SendAwsRequest = (request: AwsRequest) => Promise<AwsResponse>;

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_ATTEMPTS = 2;
const MAX_RESPONSE_BYTES = 4 * 2 ** 20;

/** The names of services in variables such as `AWS_ENDPOINT_URL_SERVICE_QUOTAS`. */
const ENDPOINT_VARIABLES: Readonly<Record<AwsService, string>> = {
  sts: 'AWS_ENDPOINT_URL_STS',
  servicequotas: 'AWS_ENDPOINT_URL_SERVICE_QUOTAS',
  lambda: 'AWS_ENDPOINT_URL_LAMBDA',
  batch: 'AWS_ENDPOINT_URL_BATCH',
  ec2: 'AWS_ENDPOINT_URL_EC2',
  sns: 'AWS_ENDPOINT_URL_SNS',
};

const DENIED =
  /^(?:AccessDenied|AccessDeniedException|AuthorizationError|UnauthorizedOperation|NotAuthorized)$/;
const UNAUTHENTICATED =
  /^(?:AuthFailure|ExpiredToken(?:Exception)?|InvalidClientTokenId|InvalidSignatureException|MissingAuthenticationToken(?:Exception)?|RequestExpired|SignatureDoesNotMatch|UnrecognizedClientException)$/;

export function createAwsRequests({
  region,
  profile,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  environment = process.env,
}: AwsRequestOptions): SendAwsRequest {
  const signers = new Map<AwsService, Sign>();
  const attempt = async (request: AwsRequest): Promise<AwsResponse> => {
    const { service, method = 'POST', path = '/', body } = request;
    const url = new URL(path, endpointOf(service, region, environment));
    const sign = signers.get(service) ?? sigV4({ region, profile, service }, environment);
    signers.set(service, sign);
    try {
      const headers = await sign({
        method,
        url: new URL(url.pathname, url),
        query: [...url.searchParams],
        headers: { ...request.headers },
        body,
      });
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body }),
      });
      const text = (await readBody(response, MAX_RESPONSE_BYTES))?.toString() ?? '';
      return response.ok
        ? { kind: 'answer', text }
        : refusal(response.status, response.headers.get('x-amzn-errortype'), text);
    } catch (error) {
      if (error instanceof SigningError) return { kind: 'unauthenticated', reason: error.message };
      return { kind: 'failed', code: 'NoResponse', reason: `no response from ${url.host}` };
    }
  };
  return async (request) => {
    for (let count = 1; ; count += 1) {
      const response = await attempt(request);
      if (response.kind !== 'failed' || count === MAX_ATTEMPTS || !isTemporary(response.code))
        return response;
    }
  };
}

function endpointOf(service: AwsService, region: string, environment: NodeJS.ProcessEnv): string {
  const given = environment[ENDPOINT_VARIABLES[service]] || environment.AWS_ENDPOINT_URL;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return given || `https://${service}.${region}.${domain}`;
}

const isTemporary = (code: string): boolean =>
  code === 'NoResponse' || /Throttl|TooManyRequests|ServiceUnavailable|InternalFailure/.test(code);

/** The protocols of the services name the code of an error in a header, in JSON or in XML. */
function refusal(status: number, header: string | null, text: string): AwsResponse {
  const named = header ?? /"(?:__type|code|Code)"\s*:\s*"([^"]+)"|<Code>([^<]+)</.exec(text);
  const name = typeof named === 'string' ? named : (named?.[1] ?? named?.[2] ?? `HTTP ${status}`);
  const code = name.split(':')[0]?.split('#').at(-1) ?? name;
  const message =
    /"(?:message|Message)"\s*:\s*"((?:[^"\\]|\\.)*)"|<Message>([^<]+)</.exec(text)?.slice(1) ?? [];
  const reason = message.find((part) => part !== undefined)?.replaceAll(/\\(.)/g, '$1') ?? code;
  if (DENIED.test(code)) return { kind: 'denied', reason };
  if (UNAUTHENTICATED.test(code)) return { kind: 'unauthenticated', reason };
  return { kind: 'failed', code, reason };
}
