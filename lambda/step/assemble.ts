/**
 * The services of a function that executes steps.
 *
 * @module
 */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { STEP_FUNCTION_VARIABLES } from '../../src/aws/deployment/lambda-queues.ts';
import {
  createSqsTransitions,
  type SqsTransitions,
} from '../../src/aws/messages/transition-queue.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';
import type { S3Objects } from '../../src/aws/storage/s3-objects.ts';
import { openStepObjects } from '../../src/aws/storage/step-objects.ts';
import { type ReadSecrets, secretsReader } from '../../src/runner/container/secrets.ts';

export interface StepServices {
  readonly sqs: SQSClient;
  readonly bucket: string;
  /** The queue that invokes this function. */
  readonly queueUrl: string;
  readonly transitions: SqsTransitions;
  readonly objects: S3Objects;
  readonly readSecrets: ReadSecrets;
}

const environmentSchema = z.object({
  [STEP_FUNCTION_VARIABLES.bucket]: z.string().min(1),
  [STEP_FUNCTION_VARIABLES.queue]: z.string().min(1),
  [STEP_FUNCTION_VARIABLES.transitions]: z.string().min(1),
});

export function assembleStepFunction(environment: NodeJS.ProcessEnv = process.env): StepServices {
  const { HEADRACE_BUCKET, HEADRACE_QUEUE, HEADRACE_TRANSITIONS } =
    environmentSchema.parse(environment);
  const sqs = new SQSClient(requestLimits('sqs', 'step'));
  return {
    sqs,
    bucket: HEADRACE_BUCKET,
    queueUrl: HEADRACE_QUEUE,
    transitions: createSqsTransitions({ client: sqs, queueUrl: HEADRACE_TRANSITIONS }),
    objects: openStepObjects(HEADRACE_BUCKET),
    readSecrets: (names) =>
      secretsReader(new SecretsManagerClient(requestLimits('secrets-manager', 'step')))(names),
  };
}
