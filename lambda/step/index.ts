/**
 * The function of a queue on Lambda: handles the messages that start attempts of steps.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { readSqsRecords } from '../../src/aws/lambda/sqs-event.ts';
import { assembleStepFunction } from './assemble.ts';
import { executeAttempt, type InvocationLimits, stepDelivery } from './attempt.ts';
import { startHeartbeat } from './heartbeat.ts';
import { handleStepMessage } from './step-message.ts';

/** Bundled beside this module. */
const PROGRAM = fileURLToPath(new URL('./process.mjs', import.meta.url));

const services = assembleStepFunction();

export async function handler(event: unknown, context: InvocationLimits): Promise<void> {
  for (const record of readSqsRecords(event) ?? [])
    await handleStepMessage(record, {
      services,
      heartbeat: startHeartbeat(services, record),
      execute: (containerSpec, invocation, job) =>
        executeAttempt(containerSpec, invocation, {
          ...services,
          job,
          context,
          program: PROGRAM,
          delivery: stepDelivery(services.transitions),
        }),
    });
}
