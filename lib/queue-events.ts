/**
 * Queues between EventBridge and a function.
 *
 * @module
 */
import { Rule, type RuleProps, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type EventSourceMappingOptions } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { HeadraceFunction } from './functions.ts';

/** The target of a rule, and the queue of what it cannot deliver. */
type RuleQueues = readonly [Queue, Queue];

interface QueueRuleProps
  extends Pick<RuleProps, 'description' | 'eventPattern' | 'eventBus' | 'schedule'> {
  readonly queues: RuleQueues;
  /** The message of each event. Default: the event. */
  readonly message?: string;
}

/**
 * A rule that sends events to the first queue, and to the second one what it cannot deliver.
 *
 * @returns the rule's ARN, and the queues that must accept its messages
 */
export function queueRule(
  scope: Construct,
  id: string,
  { queues, message, ...props }: QueueRuleProps,
): { readonly arn: string; readonly queues: RuleQueues } {
  const [target, undelivered] = queues;
  const rule = new Rule(scope, id, props);
  // Not the target of the CDK: for an encrypted queue, it would let every rule of every account
  // send.
  rule.addTarget({
    bind: () => ({
      arn: target.queueArn,
      deadLetterConfig: { arn: undelivered.queueArn },
      retryPolicy: { maximumRetryAttempts: 185 },
      ...(message !== undefined && { input: RuleTargetInput.fromText(message) }),
    }),
  });
  return { arn: rule.ruleArn, queues };
}

/**
 * Lets these rules send to the queue, by one statement: the policy of a queue has 10 conditions, 20
 * statements and 8,192 bytes at most.
 */
export function allowRules(queue: Queue, sid: string, ruleArns: readonly string[]): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid,
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': [...ruleArns] } },
    }),
  );
}

/** The function receives the messages of the queue. It needs the permission, too. */
export function readQueue(
  scope: Construct,
  id: string,
  { lambda }: HeadraceFunction,
  queue: Queue,
  options: Pick<EventSourceMappingOptions, 'batchSize' | 'maxBatchingWindow' | 'maxConcurrency'>,
): void {
  const mapping = new EventSourceMapping(scope, id, {
    target: lambda,
    eventSourceArn: queue.queueArn,
    reportBatchItemFailures: true,
    ...options,
  });
  acknowledge(mapping, {
    'Serverless-LambdaEventSourceMappingDestination':
      'An SQS source has no destination: failed messages are moved to the dead-letter queue.',
  });
}
