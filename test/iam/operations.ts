/**
 * The checks of IAM for a request: actions and resources of the Service Authorization Reference,
 * derived from the request itself.
 *
 * A request with an operation that is not listed is an error, so that no request remains unchecked.
 *
 * @module
 */
import type { AccountLocation, AwsRequest, Operation, Reader } from './operation.ts';
import { dynamodb, s3, secretsmanager, sqs } from './operations-on-data.ts';
import { batch } from './operations-on-jobs.ts';
import { events, lambda, logs, scheduler, sts } from './operations-on-services.ts';

/** The access key and the service of the signature; undefined for a request without a signature. */
export function signerOf({
  url,
  headers,
}: AwsRequest): { readonly key: string; readonly service: string } | undefined {
  const scope =
    new URL(url, 'http://aws').searchParams.get('X-Amz-Credential') ??
    /Credential=([^,\s]+)/.exec(String(headers.authorization ?? ''))?.[1];
  const [key, , , service] = (scope ?? '').split('/');
  return key === undefined || service === undefined ? undefined : { key, service };
}

export function operationOf(
  request: AwsRequest,
  service: string,
  location: AccountLocation,
): Operation {
  const read = READERS.get(service);
  if (read === undefined)
    throw new Error(`requests to ${service} are not supported: ${request.method} ${request.url}`);
  return { service, ...read(request, location) };
}

const READERS = new Map<string, Reader>(
  Object.entries({
    dynamodb,
    sqs,
    s3,
    secretsmanager,
    events,
    logs,
    lambda,
    scheduler,
    batch,
    sts,
  }),
);
