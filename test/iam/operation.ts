/**
 * A request to AWS, and how the operation that it stands for is read from it.
 *
 * @module
 */
import type { AccessCheck } from './policy.ts';

export interface AwsRequest {
  readonly method: string;
  /** The path and query as they were sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface AccountLocation {
  readonly account: string;
  readonly region: string;
  /** The ARN of a secret by its name. */
  readonly secretArn: (name: string) => string;
  /** The tags of a job of AWS Batch; none for a job that does not exist. */
  readonly jobTags: (id: string) => Readonly<Record<string, string>>;
}

export interface Operation {
  readonly service: string;
  readonly name: string;
  readonly checks: readonly AccessCheck[];
}

export type Reader = (request: AwsRequest, location: AccountLocation) => Omit<Operation, 'service'>;

export const json = ({ body }: AwsRequest): unknown =>
  body.length === 0 ? {} : JSON.parse(body.toString());
export const targetOf = ({ headers }: AwsRequest): string =>
  String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';
export const arn = (
  { region, account }: AccountLocation,
  service: string,
  resource: string,
): string => `arn:aws:${service}:${region}:${account}:${resource}`;
export const unsupported = (service: string, operation: string): never => {
  throw new Error(`the operation ${operation} of ${service} is not supported`);
};

/** A caller that passes a role to a service needs a permission. */
export const passed = (role: string, service: string): AccessCheck => ({
  action: 'iam:PassRole',
  resource: role,
  context: { 'iam:PassedToService': service },
});
