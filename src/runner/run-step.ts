/**
 * Executes one attempt of a step from its spec.
 *
 * 1. The messages are `started`, any number of `reported`, and `finished`, in this order. All
 *    reports are sent before `finished`.
 * 2. The outcome is the first of: the function settled and its result is stored; an error crashed
 *    the process; the signal fired.
 * 3. Results are in the object store before `finished` names them.
 *
 * @module
 */
import { setTimeout } from 'node:timers';
import { toErrorRecord } from '../model/error-record.ts';
import { plotKey, uploadKey } from '../model/object-layout.ts';
import type { FinishedMessage, StepSpec } from '../model/spec.ts';
import { withPositions } from '../ports/error-positions.ts';
import { NeverSettledError } from '../sdk/errors.ts';
import { ReportLimits } from '../sdk/report-limits.ts';
import { StepStoppedError } from '../sdk/stop-errors.ts';
import { readArguments } from './arguments.ts';
import { watchCrashes } from './crashes.ts';
import { createOutbox } from './outbox.ts';
import { BatchingReporter } from './reporter.ts';
import { type Results, writeResults } from './results.ts';
import type { RunnerContext, Serializers } from './runner-context.ts';
import { createRuntime, provideRuntime } from './runtime.ts';
import { Uploads } from './uploads.ts';
import { Values } from './values.ts';

/** Exit codes of the process. */
export const EXIT_COMPLETED = 0;
export const EXIT_FAILED = 1;
/** 128 plus the number of SIGTERM, as in a shell. */
export const EXIT_STOPPED = 143;

type Outcome =
  | { readonly kind: 'returned'; readonly results: Results }
  | { readonly kind: 'threw'; readonly error: unknown };

/**
 * Resolves to the exit code of the process after all messages are sent. Rejects only if the
 * messages cannot be sent.
 */
export async function runStep(spec: StepSpec, context: RunnerContext): Promise<number> {
  const send = createOutbox(spec, context);
  const reporter = new BatchingReporter((sequence, report) =>
    send({ kind: 'reported', sequence, report }),
  );
  // Not awaited before the function runs: the messages arrive in order in any case.
  const started = send({
    kind: 'started',
    ...(context.logStream === undefined ? {} : { logStream: context.logStream }),
  });
  started.catch(() => undefined);

  const crashes = watchCrashes(() =>
    runtime.watchesSignal() ? undefined : new NeverSettledError(spec.component),
  );
  const flushReports = () => reporter.flushNow();
  process.on('exit', flushReports);
  const values = new Values(context, serializersOf(spec, context));
  const limits = new ReportLimits();
  const uploads = new Uploads(values, reporter, limits, context.clock, (kind, number, segment) =>
    kind === 'plot'
      ? plotKey(spec.outputPrefix, context.jobId, number, segment)
      : uploadKey(spec.outputPrefix, context.jobId, kind, number, segment),
  );
  const runtime = createRuntime(spec, context, reporter, limits, uploads);

  // Without waiting for `started`, the messages of a short step are accepted together.
  const finish = (outcome: FinishedMessage['outcome']) =>
    Promise.all([started, send({ kind: 'finished', outcome })]);
  const recordOf = (error: unknown) =>
    withPositions(context.objects, spec.sourceMaps, toErrorRecord(error));

  async function execute(): Promise<Outcome> {
    try {
      const [step, args] = await Promise.all([context.loadCode(spec), readArguments(spec, values)]);
      context.signal.throwIfAborted();
      provideRuntime(runtime.forStep);
      const returned = await step(...args);
      await crashes.settle();
      const results = await writeResults(spec, context, values, limits, returned);
      // The rejection of an upload that the step did not await surfaces after the upload settled.
      if (await uploads.settled()) await crashes.settle();
      return { kind: 'returned', results };
    } catch (error) {
      return { kind: 'threw', error };
    }
  }

  try {
    const execution = execute();
    const stopped = rejectWhenStopped(context, () =>
      runtime.watchesSignal() || process.listenerCount('SIGTERM') > 1 ? execution : undefined,
    );
    const outcome = await Promise.race([execution, stopped, crashes.firstError]).catch(
      (error: unknown): Outcome => ({ kind: 'threw', error }),
    );
    const note = outcome.kind === 'returned' ? context.note?.() : undefined;
    if (note !== undefined)
      reporter.report({
        kind: 'text',
        value: { text: `note: ${note}`, at: context.clock.now() },
      });
    await reporter.flush();
    if (context.signal.aborted) {
      const error: unknown = context.signal.reason;
      const cause =
        error instanceof StepStoppedError && error.stopCause !== 'terminated'
          ? { stopReason: error.stopCause }
          : {};
      await finish({ ok: false, error: await recordOf(error), ...cause });
      return EXIT_STOPPED;
    }
    if (outcome.kind === 'threw') {
      await finish({ ok: false, error: await recordOf(outcome.error) });
      return EXIT_FAILED;
    }
    await finish({ ok: true, ...outcome.results, ...(note === undefined ? {} : { note }) });
    return EXIT_COMPLETED;
  } finally {
    crashes.stop();
    process.off('exit', flushReports);
  }
}

/**
 * Rejects when the attempt shall end. That is at once, unless the step watches its signal or
 * SIGTERM: then it is when the step settled or its grace period is over.
 */
function rejectWhenStopped(
  context: RunnerContext,
  watchedExecution: () => Promise<unknown> | undefined,
): Promise<never> {
  return new Promise((_, reject) => {
    const stop = async () => {
      const execution = watchedExecution();
      if (execution !== undefined)
        await Promise.race([
          execution,
          new Promise((resolve) => setTimeout(resolve, context.stopGraceMs).unref()),
        ]);
      reject(context.signal.reason);
    };
    if (context.signal.aborted) void stop();
    else context.signal.addEventListener('abort', () => void stop(), { once: true });
  });
}

const NO_SERIALIZERS: Serializers = {};

/** The serializers are loaded when the first value needs them. */
function serializersOf(spec: StepSpec, context: RunnerContext): () => Promise<Serializers> {
  let loaded: Promise<Serializers> | undefined;
  return async () => {
    if (spec.serializers === null) return NO_SERIALIZERS;
    loaded ??= context.loadSerializers(spec);
    return loaded;
  };
}
