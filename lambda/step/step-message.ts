/**
 * Handles one message that starts an attempt: executes the attempt, or reports that the message was
 * delivered again.
 *
 * 1. A message is executed at its first delivery only (`src/aws/jobs/lambda-jobs.ts`).
 * 2. When the handling fails, the message becomes visible again after some seconds: the next
 *    delivery reports it. Without a failure Lambda deletes the message.
 * 3. A message that cannot be read fails, too. It belongs to a version that is deployed later, or is
 *    moved to the undelivered messages after many receives.
 *
 * @module
 */
import { type StepInvocation, stepInvocationSchema } from '../../src/aws/jobs/step-invocation.ts';
import type { SqsRecord } from '../../src/aws/lambda/sqs-event.ts';
import { type ContainerSpec, readGroupSpec, unpackSpec } from '../../src/model/group-spec.ts';
import type { StepServices } from './assemble.ts';
import type { Heartbeat } from './heartbeat.ts';

export interface StepMessageHandling {
  readonly services: Pick<StepServices, 'objects' | 'transitions'>;
  readonly heartbeat: Heartbeat;
  /** @param job the id of the execution */
  execute(containerSpec: ContainerSpec, invocation: StepInvocation, job: string): Promise<void>;
}

/** Seconds until a message whose handling failed is delivered again. */
const RETRY_SECONDS = 10;

export async function handleStepMessage(
  record: SqsRecord,
  handling: StepMessageHandling,
): Promise<void> {
  const { heartbeat } = handling;
  try {
    await handleOnce(record, handling);
  } catch (error) {
    await heartbeat.setVisibility(RETRY_SECONDS);
    throw error;
  } finally {
    heartbeat.stop();
  }
}

async function handleOnce(
  { body, messageId, attributes }: SqsRecord,
  { services, execute }: StepMessageHandling,
): Promise<void> {
  const invocation = stepInvocationSchema.parse(JSON.parse(body));
  const containerSpec = await readSpec(invocation, services.objects);
  // Equal at each delivery: a second message of the same attempt is another job.
  const job = `lambda-${messageId}`;
  if (attributes.ApproximateReceiveCount === 1) return execute(containerSpec, invocation, job);
  const { run, call, attempt, token } = containerSpec.spec;
  await services.transitions.send([
    { kind: 'redelivered', run, call, attempt, job, token, at: Date.now() },
  ]);
}

function readSpec(
  { spec, token }: StepInvocation,
  objects: StepServices['objects'],
): Promise<ContainerSpec> {
  return 'text' in spec
    ? readGroupSpec(unpackSpec(spec.text), 0, token)
    : readGroupSpec(
        (start, length) => objects.slice(spec.key, start, start + length),
        spec.index,
        token,
      );
}
