/**
 * One attempt of a caller, as a request of the SDK.
 *
 * @module
 */
import type { Credentials } from './account.ts';

/** The options of a caller's clients. */
export interface Caller {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
}

export interface Attempt {
  /** What the caller does, as in `reads code/0123`. */
  readonly what: string;
  run(caller: Caller): Promise<unknown>;
}

/** Names of resources in the deployment. */
export interface Names {
  /** The name of a resource, by the start of its id in the template. */
  readonly nameOf: (id: string) => string;
  readonly queueUrl: (id: string) => string;
  readonly arn: (service: string, resource: string) => string;
}
