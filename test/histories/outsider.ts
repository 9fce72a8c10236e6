/**
 * A process outside that evaluates the logic of runs: what it says comes through the API's side of it, of whichever version.
 *
 * @module
 */
import type { Run } from '../../src/model/run.ts';
import { isTerminal } from '../../src/model/run.ts';
import type { Transition } from '../../src/model/transition.ts';
import { historyOf } from '../../src/outside/process/evaluate.ts';
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
export async function evaluateOutside({ info, head }: Run, { kit, tasks, objects, evaluator, secret, send }: OutsiderOptions): Promise<boolean> {
  const { outside } = head;
  if (outside === undefined || isTerminal(head.status)) return false;
  const control = kit.createEvaluationControl({
    objects,
    transitions: { send: async (transitions) => send(transitions) },
    token: kit.tokens(secret),
    readCommands: kit.readCommands,
    jobs: false,
  });
  if (outside.process !== NAME) {
    await control.claim({ info, head }, outside.epoch + 1, NAME);
    return true;
  }
  if (!outside.waiting || head.status !== 'running') return false;
  const { generation, asked: position, commands } = head;
  const source = {
    events: (from: number) => tasks.events(info.id, from, PAGE),
    signatures: (from: number) => tasks.signatures(info.id, from, PAGE),
  };
  const answer = await evaluator.evaluate({ info, generation, position, commands, limit: PAGE, history: historyOf(source, { position, commands }) });
  await control.answer({ info, head }, { epoch: outside.epoch, process: NAME, generation, position, commands }, answer);
  return true;
}
