/**
 * Runs one attempt in this process, on a world in memory.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { decode, fromInline } from '../../../src/codec/index.ts';
import type { RunnerMessage, StepSpec } from '../../../src/model/spec.ts';
import { isStored, type Value } from '../../../src/model/value.ts';
import { runStep } from '../../../src/runner/run-step.ts';
import type {
  RunnerContext,
  Serializers,
  StepFunction,
} from '../../../src/runner/runner-context.ts';
import { STEP_RUNTIME, type StepRuntime } from '../../../src/sdk/step/runtime.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { stepSpec } from '../../support/step-spec.ts';

type Finished = Extract<RunnerMessage, { kind: 'finished' }>;
type Reported = Extract<RunnerMessage, { kind: 'reported' }>;

export interface Attempt {
  readonly exitCode: number;
  readonly messages: readonly RunnerMessage[];
  readonly outcome: Finished['outcome'];
  readonly reports: readonly Reported['report'][];
  readonly objects: MemoryObjects;
}

export interface Given {
  readonly spec?: Partial<StepSpec>;
  readonly objects?: MemoryObjects;
  readonly serializers?: Serializers;
  readonly signal?: AbortSignal;
  readonly send?: RunnerContext['send'];
  readonly stopGraceMilliseconds?: number;
}

export async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What `currentStep()` returns in a step's bundle. */
export const runtime = (): StepRuntime => Reflect.get(globalThis, STEP_RUNTIME) as StepRuntime;

export async function attempt(step: StepFunction, given: Given = {}): Promise<Attempt> {
  const objects = given.objects ?? new MemoryObjects();
  const messages: RunnerMessage[] = [];
  let time = 1000;
  const exitCode = await runStep(stepSpec(given.spec), {
    objects,
    loadCode: async () => step,
    loadSerializers: async () => given.serializers ?? {},
    async send(message) {
      messages.push(message);
      await given.send?.(message);
    },
    jobId: 'job-1',
    logStream: 'logs/job-1',
    signal: given.signal ?? new AbortController().signal,
    stopGraceMs: given.stopGraceMilliseconds ?? 1000,
    temporaryDirectory: join(await folderOfTest(), 'job'),
    clock: { now: () => time++ },
  });
  const finished = messages.at(-1);
  if (finished?.kind !== 'finished') throw new Error('the last message is not finished');
  const reports = messages.flatMap((message) =>
    message.kind === 'reported' ? [message.report] : [],
  );
  return { exitCode, messages, outcome: finished.outcome, reports, objects };
}

/** The values of an attempt that completed. */
export function valuesOf({ outcome }: Attempt): readonly Value[] {
  if (!outcome.ok)
    throw new Error(`the attempt failed: ${outcome.error.stack ?? outcome.error.message}`);
  return outcome.values;
}

/** The error of an attempt that failed. */
export function errorOf({
  outcome,
}: Attempt): Extract<Finished['outcome'], { ok: false }>['error'] {
  if (outcome.ok) throw new Error('the attempt completed');
  return outcome.error;
}

/** Passes a value from one step to the next. */
export async function throughSteps(value: unknown, given: Given = {}): Promise<unknown> {
  const first = await attempt(() => value, given);
  const [stored] = valuesOf(first);
  let arrived: unknown;
  const spec: Partial<StepSpec> = {
    ...given.spec,
    args: { format: 'json', text: '[null]' },
    refs: [{ path: [0], value: stored ?? null }],
  };
  valuesOf(
    await attempt(
      (argument) => {
        arrived = argument;
      },
      { ...given, objects: first.objects, spec },
    ),
  );
  return arrived;
}

export function inlineOf(value: Value | undefined): unknown {
  if (value === undefined || isStored(value)) throw new Error('the value is not inline');
  return decode(fromInline(value));
}
