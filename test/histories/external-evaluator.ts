/**
 * An external process that evaluates the logic of runs. Its claims and answers are sent by the
 * operations of the API, in the version under test.
 *
 * @module
 */

import { historyOf } from '../../src/external-evaluation/process/evaluate-externally.ts';
import type { Run } from '../../src/model/run.ts';
import { isTerminalRun } from '../../src/model/run.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Objects } from '../../src/ports/objects.ts';
import type { Tasks } from '../../src/ports/tasks.ts';
import type { Kit } from './records.ts';

/** Part of the stored records: it must not change. */
const PROCESS_NAME = 'a process outside';
const PAGE_SIZE = 1000;

export interface ExternalEvaluatorOptions {
  readonly kit: Kit;
  readonly tasks: Tasks;
  readonly objects: Objects;
  readonly evaluator: Evaluator;
  readonly secret: Buffer;
  readonly send: (transitions: readonly Transition[]) => void;
}

/**
 * Claims the evaluation of the run, or answers a pending request.
 *
 * @returns whether one of them was due
 */
export async function evaluateExternally(
  { info, head }: Run,
  { kit, tasks, objects, evaluator, secret, send }: ExternalEvaluatorOptions,
): Promise<boolean> {
  const { externalEvaluator } = head;
  if (externalEvaluator === undefined || isTerminalRun(head.status)) return false;
  const control = kit.createEvaluationControl({
    objects,
    transitions: { send: async (transitions) => send(transitions) },
    token: kit.createJobTokens(secret),
    readCommands: kit.readCommands,
    jobs: false,
  });
  if (externalEvaluator.process !== PROCESS_NAME) {
    await control.claim({ info, head }, externalEvaluator.epoch + 1, PROCESS_NAME);
    return true;
  }
  if (!externalEvaluator.answerPending || head.status !== 'running') return false;
  const { generation, requestedPosition: position, commandCount } = head;
  const source = {
    events: (from: number) => tasks.events(info.id, from, PAGE_SIZE),
    signatures: (from: number) => tasks.signatures(info.id, from, PAGE_SIZE),
  };
  const answer = await evaluator.evaluate({
    info,
    generation,
    position,
    fromCommand: commandCount,
    limit: PAGE_SIZE,
    history: historyOf(source, { position, fromCommand: commandCount }),
  });
  await control.answer(
    { info, head },
    {
      epoch: externalEvaluator.epoch,
      process: PROCESS_NAME,
      generation,
      position,
      fromCommand: commandCount,
    },
    answer,
  );
  return true;
}
