/**
 * Evaluates the logic of a run when an evaluation is due, and applies its commands in order.
 *
 * 1. Commands are numbered. An accepted command is never applied again.
 * 2. An evaluation covers a fixed number of events (`requestedPosition`) until all pages of its
 *    answer are accepted.
 * 3. If no evaluation is possible, what the batch reported is recorded all the same: the outage may
 *    last for hours, and a sweep would take a step without a recorded result for lost.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { changedPreviews } from '../../model/argument-previews.ts';
import type { ErrorRecord } from '../../model/errors.ts';
import type { CallbackOutcome, Command } from '../../model/history.ts';
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import { withPipelineDefaults } from '../../model/pipeline-defaults.ts';
import { withRepository } from '../../model/repository.ts';
import { truncate } from '../../model/truncate.ts';
import { withPositions } from '../../ports/error-positions.ts';
import { changeTags } from '../run/run-tags.ts';
import { cancelStep } from '../steps/cancel.ts';
import { awaitsCallback, failPermanently, scheduleRetry } from '../steps/scheduling.ts';
import {
  markHandled,
  markUnhandled,
  recordCompletion,
  skipByCallback,
} from '../steps/step-completion.ts';
import { commitAndLaunch } from '../turn/launch.ts';
import { isRecorded } from '../turn/step-counters.ts';
import type { Turn } from '../turn/turn.ts';
import { previewArguments } from './call-arguments.ts';
import { acceptCall, storeCallArguments } from './calls.ts';
import { onEvaluatorAnswer, onEvaluatorCrash } from './evaluator-crashes.ts';
import { replaceEvaluator, waitForAnswer } from './external-evaluation.ts';
import { InvalidCommandError } from './invalid-command.ts';
import { LogicOutput } from './logic-output.ts';
import { logicArtifact, logicPoint } from './logic-reports.ts';
import { acceptWait, stopAwaitingSignals } from './signals.ts';
import { startSleep } from './sleeps.ts';
import { storeIfLarge } from './value-storage.ts';

/** Unique among the requests of a run. */
const REQUEST_ID_BYTES = 6;

/** An evaluation is due, or its answer has further pages. */
export const hasEvaluationWork = ({ head }: Turn): boolean =>
  head.answerPaging || head.evaluationDue;
/** An evaluation can be requested now: no external answer is pending. */
export const canEvaluateNow = (turn: Turn): boolean =>
  hasEvaluationWork(turn) && turn.head.externalEvaluator?.answerPending !== true;

/** Requests one page of commands and applies it. */
export async function evaluateLogic(turn: Turn): Promise<void> {
  const { head, context } = turn;
  if (!head.answerPaging) {
    head.requestedPosition = head.eventCount;
    head.evaluationDue = false;
  }
  const id = randomBytes(REQUEST_ID_BYTES).toString('base64url');
  const answer = await context.evaluator
    .evaluate({
      info: turn.info,
      id,
      continues: head.evaluation,
      generation: head.generation,
      position: head.requestedPosition,
      fromCommand: head.commandCount,
      history: turn.history,
      limit: context.settings.maxAnswerCommands,
      knownEvents: head.position,
      externalEvaluator: head.externalEvaluator,
    })
    .catch(async (error: unknown) => {
      await recordWithoutAnswer(turn);
      throw error;
    });
  if (answer.kind === 'crashed') return onEvaluatorCrash(turn, answer.reason);
  turn.markHeadChanged();
  if (answer.kind === 'pending' || answer.kind === 'lost') {
    head.answerPaging = true;
    return answer.kind === 'pending'
      ? waitForAnswer(turn, answer.refusal)
      : replaceEvaluator(turn, answer.reason);
  }
  onEvaluatorAnswer(turn);
  if (head.externalEvaluator === undefined) head.evaluation = id;
  if (answer.kind === 'broken') {
    head.answerPaging = false;
    head.abortOutcome = { status: 'failed', error: answer.error };
    return;
  }
  await turn.load(
    [...new Set(answer.commands.flatMap(({ command }) => referencedCalls(command)))].filter(
      (call) => call < head.callCount,
    ),
  );
  const output = new LogicOutput(`output.${head.generation}.${head.commandCount}`);
  try {
    for (const { command, signature } of answer.commands) {
      turn.appendSignature(signature);
      await applyCommand(turn, command);
      if (command.kind === 'log') output.add(command, context.clock.now());
    }
    if (!output.isEmpty) turn.addRunReport(output.report());
  } catch (error) {
    if (!(error instanceof InvalidCommandError)) throw error;
    head.answerPaging = false;
    head.abortOutcome = { status: 'failed', error: invalidCommandRecord(error) };
    return;
  }
  head.answerPaging = answer.more;
  if (!answer.more) head.position = head.requestedPosition;
}

const invalidCommandRecord = ({ message }: InvalidCommandError): ErrorRecord => ({
  name: 'TamperedContextError',
  message: `the pipeline's logic issued a command that does not fit its run: ${message}`,
});

/** Commits what precedes the evaluation, which is still due (3). */
async function recordWithoutAnswer(turn: Turn): Promise<void> {
  if (!turn.head.answerPaging) {
    turn.head.answerPaging = true;
    turn.markHeadChanged();
  }
  await commitAndLaunch(turn);
}

/** Calls whose steps the command refers to. */
function referencedCalls(command: Command): readonly number[] {
  if (command.kind === 'call') return command.args.refs.map((ref) => ref.call);
  return command.kind === 'await' || command.kind === 'unhandled' || command.kind === 'cancel'
    ? [command.call]
    : [];
}

async function applyCommand(turn: Turn, command: Command): Promise<void> {
  const { head, context } = turn;
  switch (command.kind) {
    case 'declare':
      return turn.declareComponent({
        declaration: withRepository(
          withPipelineDefaults(command.component, turn.info.declaration),
          turn.info.code.components.find(({ id }) => id === command.component.id)?.repository,
        ),
        callCount: 0,
      });
    case 'call':
      return acceptCall(turn, command);
    case 'await':
      return acceptAwait(turn, command.call);
    case 'unhandled':
      return markUnhandled(turn, command.call);
    case 'sleep':
      return startSleep(turn, command.durationMs);
    case 'cancel':
      if (command.call >= head.callCount)
        throw new InvalidCommandError(`it cancels call ${command.call}, which was not made`);
      return cancelStep(turn, command.call);
    case 'waitForSignal':
      return acceptWait(turn, command);
    case 'outcome':
      return acceptOutcome(turn, command.event, command.outcome);
    case 'addTags':
      return changeTags(turn, { add: command.tags, remove: [] });
    case 'abort':
      if (head.abortReason === null && head.abortOutcome === null) head.abortedBy = 'logic';
      head.abortReason ??= command.reason;
      return;
    case 'artifact':
      return turn.addRunOutputs({
        artifacts: [await logicArtifact(context.objects, turn.info, command, head.lastEventAt)],
      });
    case 'log':
      return turn.publish({
        kind: 'log',
        run: turn.id,
        level: command.level,
        text: command.text,
        at: context.clock.now(),
      });
    case 'point':
      return turn.addRunReport(
        logicPoint(command, {
          generation: head.generation,
          number: head.commandCount,
          at: head.lastEventAt,
        }),
      );
    case 'returned':
      head.logicState = 'returned';
      stopAwaitingSignals(turn);
      head.result = await storeIfLarge(context.objects, turn.info, command.value);
      if (turn.info.declaration.returnValue !== undefined)
        turn.addRunOutputs({
          artifacts: [
            await logicArtifact(
              context.objects,
              turn.info,
              { name: turn.info.declaration.returnValue, value: command.value },
              head.lastEventAt,
            ),
          ],
        });
      return;
    case 'threw':
      head.logicState = 'threw';
      stopAwaitingSignals(turn);
      head.error = await withUserPositions(turn, command.error);
      return;
  }
}

/**
 * The logic awaits a step: its completion makes an evaluation due, and the logic handles its
 * failure.
 */
async function acceptAwait(turn: Turn, call: number): Promise<void> {
  if (call >= turn.head.callCount)
    throw new InvalidCommandError(`it awaits call ${call}, which was not made`);
  const step = await turn.requireStep(call);
  if (step.awaited) return;
  const isCompletionRecorded = isRecorded(step);
  turn.put({ ...step, awaited: true, handled: step.handled || isCompletionRecorded });
  if (!isCompletionRecorded) return;
  if (step.cause !== null) await markHandled(turn, step.cause);
  if (turn.head.eventCount > turn.head.requestedPosition) turn.head.evaluationDue = true;
}

async function acceptOutcome(turn: Turn, number: number, outcome: CallbackOutcome): Promise<void> {
  const event = await turn.event(number);
  if (event?.kind !== 'callback')
    throw new InvalidCommandError(`it answers event ${number}, which is not a callback`);
  if (outcome.error !== undefined) {
    const { name, message, location } = await withUserPositions(turn, outcome.error);
    const place =
      location === undefined ? '' : ` (${location.file}:${location.line}:${location.column})`;
    const text = truncate(
      `${outcome.kind} callback of ${event.node.name} threw ${name}: ${message}${place}`,
      MAX_REASON_LENGTH,
    );
    turn.warn(text);
    turn.head.callbackErrors = [...turn.head.callbackErrors.slice(-9), text];
  }
  const step = await turn.requireStep(event.call);
  if (!awaitsCallback(step, event)) return;
  switch (outcome.kind) {
    case 'preExecute': {
      if (!outcome.launch) return skipByCallback(turn, step);
      const args =
        outcome.args === undefined ? step.args : await storeCallArguments(turn, outcome.args);
      const previews =
        outcome.args === undefined
          ? step.arguments
          : changedPreviews(
              step.arguments ?? [],
              await previewArguments(turn, turn.declaration(step), outcome.args),
            );
      turn.put({
        ...step,
        preExecuted: true,
        waitingFor: 'none',
        args,
        ...(previews === undefined ? {} : { arguments: previews }),
      });
      turn.ready.push(step.call);
      return;
    }
    case 'postExecute':
      return recordCompletion(turn, step);
    case 'retry':
      return outcome.retry ? scheduleRetry(turn, step) : failPermanently(turn, step);
    case 'statusChange':
      return;
  }
}

const withUserPositions = ({ context, info }: Turn, error: ErrorRecord): Promise<ErrorRecord> =>
  withPositions(context.objects, info.code.sourceMaps, error, info.code.logic.hash);
