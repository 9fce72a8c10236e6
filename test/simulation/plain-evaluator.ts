/**
 * An evaluator made of plain runs: it always replays from the start. With it the world tests the controller alone, and shows on which side of the
 * evaluator's port a fault lies.
 *
 * @module
 */

import type { RunInfo } from '../../src/model/run.ts';
import { isStored, type Value } from '../../src/model/value.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Objects } from '../../src/ports/objects.ts';
import { PlainRun } from './plain-run.ts';
import type { Program } from './program.ts';

export const readerOf =
  (objects: Objects) =>
  async (value: Value): Promise<unknown> =>
    JSON.parse(isStored(value) ? Buffer.from(await objects.get(value.key)).toString() : value.text);

export const createPlainEvaluator = (objects: Objects, programOf: (info: RunInfo) => Program): Evaluator => ({
  async evaluate({ info, position, commands, history, limit }) {
    const run = new PlainRun(programOf(info), readerOf(objects), info.epoch);
    await run.begin();
    let fed = 0;
    for await (const page of history.events(0)) {
      for (const event of page) {
        if (fed < position) await run.feed(event);
        fed += 1;
      }
    }
    const page = run.commands.slice(commands, commands + limit);
    return {
      kind: 'page',
      commands: page.map((command) => ({ command, signature: JSON.stringify(command) })),
      more: commands + page.length < run.commands.length,
    };
  },
  drop: () => undefined,
});
