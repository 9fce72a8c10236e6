/**
 * The interface of the emulated SQS: its queues by name, URL or ARN.
 *
 * @module
 */
import type { Queue } from './queue.ts';

export interface Sqs {
  /** `AWS_ENDPOINT_URL_SQS` */
  readonly url: string;
  /** Creates a queue with the attributes of `CreateQueue`. */
  create(name: string, attributes?: Readonly<Record<string, string>>): Queue;
  /** Returns a queue by its name, URL or ARN. */
  queue(name: string): Queue | undefined;
  remove(name: string): void;
  urlOf(queue: Queue): string;
  stop(): Promise<void>;
}
