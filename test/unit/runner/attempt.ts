/**
 * Runs one attempt in this process, with a context in memory.
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

export interface AttemptOptions {
  readonly spec?: Partial<StepSpec>;
  readonly objects?: MemoryObjects;
  readonly serializers?: Serializers;
  readonly signal?: AbortSignal;
  readonly send?: RunnerContext['send'];
  readonly stopGraceMs?: number;
}

export async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The runtime that `currentStep()` returns in the bundle of a step. */
export const runtime = (): StepRuntime => Reflect.get(globalThis, STEP_RUNTIME) as StepRuntime;

export async function attempt(step: StepFunction, options: AttemptOptions = {}): Promise<Attempt> {
  const objects = options.objects ?? new MemoryObjects();
  const messages: RunnerMessage[] = [];
  let time = 1000;
  const exitCode = await runStep(stepSpec(options.spec), {
    objects,
    loadCode: async () => step,
    loadSerializers: async () => options.serializers ?? {},
    async send(message) {
      messages.push(message);
      await options.send?.(message);
    },
    jobId: 'job-1',
    logStream: 'logs/job-1',
    signal: options.signal ?? new AbortController().signal,
    stopGraceMs: options.stopGraceMs ?? 1000,
    temporaryDirectory: join(await folderOfTest(), 'job'),
    downloadsFolder: join(await folderOfTest(), 'downloads'),
    clock: { now: () => time++ },
  });
  const finished = messages.at(-1);
  if (finished?.kind !== 'finished') throw new Error('the last message is not finished');
  const reports = messages.flatMap((message) =>
    message.kind === 'reported' ? [message.report] : [],
  );
  return { exitCode, messages, outcome: finished.outcome, reports, objects };
}

/** The values of an attempt; throws if it failed. */
export function valuesOf({ outcome }: Attempt): readonly Value[] {
  if (!outcome.ok)
    throw new Error(`the attempt failed: ${outcome.error.stack ?? outcome.error.message}`);
  return outcome.values;
}

/** The error of an attempt; throws if it completed. */
export function errorOf({
  outcome,
}: Attempt): Extract<Finished['outcome'], { ok: false }>['error'] {
  if (outcome.ok) throw new Error('the attempt completed');
  return outcome.error;
}

/** Passes a value from one step to the next. */
export async function throughSteps(value: unknown, options: AttemptOptions = {}): Promise<unknown> {
  const first = await attempt(() => value, options);
  const [stored] = valuesOf(first);
  let arrived: unknown;
  const spec: Partial<StepSpec> = {
    ...options.spec,
    args: { format: 'json', text: '[null]' },
    refs: [{ path: [0], value: stored ?? null }],
  };
  valuesOf(
    await attempt(
      (argument) => {
        arrived = argument;
      },
      { ...options, objects: first.objects, spec },
    ),
  );
  return arrived;
}

export function inlineOf(value: Value | undefined): unknown {
  if (value === undefined || isStored(value)) throw new Error('the value is not inline');
  return decode(fromInline(value));
}
