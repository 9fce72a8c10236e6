/**
 * A process outside that evaluates the logic of runs: what it says comes through the API's side of
 * it, of whichever version.
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

const NAME = 'a process outside';
const PAGE = 1000;

export interface OutsiderOptions {
  readonly kit: Kit;
  readonly tasks: Tasks;
  readonly objects: Objects;
  readonly evaluator: Evaluator;
  readonly secret: Buffer;
  readonly send: (transitions: readonly Transition[]) => void;
}

/** Takes the run's logic up, or answers what is asked. @returns whether there was anything to do */
export async function evaluateOutside(
  { info, head }: Run,
  { kit, tasks, objects, evaluator, secret, send }: OutsiderOptions,
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
  if (externalEvaluator.process !== NAME) {
    await control.claim({ info, head }, externalEvaluator.epoch + 1, NAME);
    return true;
  }
  if (!externalEvaluator.answerPending || head.status !== 'running') return false;
  const { generation, requestedPosition: position, commandCount } = head;
  const source = {
    events: (from: number) => tasks.events(info.id, from, PAGE),
    signatures: (from: number) => tasks.signatures(info.id, from, PAGE),
  };
  const answer = await evaluator.evaluate({
    info,
    generation,
    position,
    fromCommand: commandCount,
    limit: PAGE,
    history: historyOf(source, { position, fromCommand: commandCount }),
  });
  await control.answer(
    { info, head },
    {
      epoch: externalEvaluator.epoch,
      process: NAME,
      generation,
      position,
      fromCommand: commandCount,
    },
    answer,
  );
  return true;
}
