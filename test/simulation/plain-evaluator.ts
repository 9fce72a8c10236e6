/**
 * An evaluator of plain runs, which continue or replay as those of the real one do. With it, a
 * world tests only the controller, and fast: it shows on which side of the evaluator's port an
 * error is.
 *
 * @module
 */

import type { Command } from '../../src/model/history.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { RunInfo } from '../../src/model/run.ts';
import { isStored, type Value } from '../../src/model/value.ts';
import type { EvaluationRequest, Evaluator } from '../../src/ports/evaluator.ts';
import type { Objects } from '../../src/ports/objects.ts';
import { PlainRun } from './plain-run.ts';
import type { Program } from './program.ts';

export const readerOf =
  (objects: Objects) =>
  async (value: Value): Promise<unknown> =>
    JSON.parse(
      isStored(value) ? Buffer.from(await objects.get(value.key, 1e8)).toString() : value.text,
    );

interface LiveEvaluation {
  request: string | undefined;
  readonly generation: number;
  readonly run: PlainRun;
  fedEvents: number;
  returnedCommands: number;
}

const sign = (command: Command): string => JSON.stringify(command);

async function replay(
  program: Program,
  { info, generation, fromCommand }: EvaluationRequest,
  read: (value: Value) => Promise<unknown>,
): Promise<LiveEvaluation> {
  const run = new PlainRun(program, read, info.clockStart, info.args);
  await run.start();
  return { request: undefined, generation, run, fedEvents: 0, returnedCommands: fromCommand };
}

/** The first difference between the issued and the recorded commands. */
async function findDivergence(
  issued: readonly string[],
  recorded: AsyncIterable<readonly string[]>,
): Promise<string | undefined> {
  let number = 0;
  for await (const page of recorded) {
    for (const signature of page) {
      if (number < issued.length && issued[number] !== signature)
        return `command ${number}: ${signature} became ${issued[number]}`;
      number += 1;
    }
  }
  return number >= issued.length
    ? undefined
    : `command ${number} is not recorded: ${issued[number]}`;
}

export function createPlainEvaluator(
  objects: Objects,
  programOf: (info: RunInfo) => Program,
): Evaluator {
  const evaluations = new Map<RunId, LiveEvaluation>();
  return {
    async evaluate(request) {
      const { info, generation, position, fromCommand, history, limit } = request;
      const known = evaluations.get(info.id);
      evaluations.delete(info.id);
      const continues =
        known?.request === request.continues &&
        known?.generation === generation &&
        known.fedEvents <= position &&
        known.returnedCommands === fromCommand;
      const live = continues ? known : await replay(programOf(info), request, readerOf(objects));
      for await (const page of live.fedEvents < position ? history.events(live.fedEvents) : []) {
        for (const event of page.slice(0, position - live.fedEvents)) {
          live.fedEvents += 1;
          await live.run.feed(event);
        }
      }
      const divergence = continues
        ? undefined
        : await findDivergence(
            live.run.commands.slice(0, fromCommand).map(sign),
            history.signatures(0),
          );
      if (divergence !== undefined)
        return { kind: 'broken', error: { name: 'DivergenceError', message: divergence } };
      const page = live.run.commands.slice(fromCommand, fromCommand + limit);
      live.returnedCommands += page.length;
      live.request = request.id;
      evaluations.set(info.id, live);
      return {
        kind: 'page',
        commands: page.map((command) => ({ command, signature: sign(command) })),
        more: live.returnedCommands < live.run.commands.length,
      };
    },
    drop: (run) => evaluations.delete(run),
  };
}
