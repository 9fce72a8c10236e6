/**
 * The function of a queue on Lambda: executes one attempt of a step, or reports that its message was
 * delivered again.
 *
 * 1. A message is executed at its first delivery only (`src/aws/jobs/lambda-jobs.ts`).
 * 2. When the handler fails, the message becomes visible again after some seconds: the next delivery
 *    reports it. Without a failure Lambda deletes the message.
 *
 * @module
 */
import { type StepInvocation, stepInvocationSchema } from '../../src/aws/jobs/step-invocation.ts';
import { readSqsRecords, type SqsRecord } from '../../src/aws/lambda/sqs-event.ts';
import { readGroupSpec, unpackSpec } from '../../src/model/group-spec.ts';
import { assembleStepFunction } from './assemble.ts';
import { executeAttempt, type InvocationLimits } from './attempt.ts';
import { startHeartbeat } from './heartbeat.ts';

const services = assembleStepFunction();

/** Seconds until a message whose handler failed is delivered again. */
const RETRY_SECONDS = 10;

export async function handler(event: unknown, context: InvocationLimits): Promise<void> {
  for (const record of readSqsRecords(event) ?? []) {
    const heartbeat = startHeartbeat(services, record);
    try {
      await handleMessage(record, context);
    } catch (error) {
      await heartbeat.setVisibility(RETRY_SECONDS);
      throw error;
    } finally {
      heartbeat.stop();
    }
  }
}

async function handleMessage(record: SqsRecord, context: InvocationLimits): Promise<void> {
  const invocation = stepInvocationSchema.parse(JSON.parse(record.body));
  const { spec, preparation } = await readSpec(invocation);
  // Equal at each delivery: a second message of the same attempt is another job.
  const job = `lambda-${record.messageId}`;
  if (record.attributes.ApproximateReceiveCount > 1) {
    const { run, call, attempt, token } = spec;
    await services.transitions.send([
      { kind: 'redelivered', run, call, attempt, job, token, at: Date.now() },
    ]);
    return;
  }
  await executeAttempt({ spec, preparation }, invocation, { job, context, ...services });
}

function readSpec({ spec, token }: StepInvocation) {
  return 'text' in spec
    ? readGroupSpec(unpackSpec(spec.text), 0, token)
    : readGroupSpec(
        (start, length) => services.objects.slice(spec.key, start, start + length),
        spec.index,
        token,
      );
}
