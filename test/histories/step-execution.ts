/**
 * The execution of a step of a story, by the runner of this version.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerMessage, StepSpec } from '../../src/model/spec.ts';
import type { Objects } from '../../src/ports/objects.ts';
import { runStep } from '../../src/runner/run-step.ts';
import type { StepFunction } from '../../src/runner/runner-context.ts';

export interface StepExecution {
  readonly objects: Objects;
  readonly job: string;
  now(): number;
  send(message: RunnerMessage): void;
}

/** Resolves when the step has ended and all of its messages are sent. */
export async function executeStep(
  spec: StepSpec,
  { objects, job, now, send }: StepExecution,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-step-'));
  try {
    await runStep(spec, {
      objects,
      loadCode: async () =>
        functionOf(Buffer.from(await objects.get(spec.codeKey, 1e8)).toString()),
      loadSerializers: async () => ({}),
      send: async (message) => send(withoutStack(message)),
      jobId: job,
      signal: new AbortController().signal,
      stopGraceMs: 1000,
      temporaryDirectory: folder,
      downloadsFolder: folder,
      clock: { now },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Stacks contain paths of this machine. */
function withoutStack(message: RunnerMessage): RunnerMessage {
  if (message.kind !== 'finished' || message.outcome.ok) return message;
  const { stack: _, ...error } = message.outcome.error;
  return { ...message, outcome: { ...message.outcome, error } };
}

async function functionOf(code: string): Promise<StepFunction> {
  const { default: step }: { readonly default: StepFunction } = await import(
    `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  );
  return step;
}
