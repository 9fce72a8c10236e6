/**
 * What a transition asks of AWS in a short run and in a long one, with evaluations that go on and
 * with evaluations that begin anew each time.
 *
 * Counted is what lies between the launch of one step and that of another, eight steps later or a
 * multiple of it: sixteen transitions, of which one in sixteen makes a checkpoint. What a run asks
 * once, to begin and to end, is no transition's.
 *
 * @module
 */

import { World } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Statement } from '../ledger.ts';
import type { Concern } from './figure.ts';

const WINDOW = 8;
const SHORT = 10;
/**
 * Long enough that Batch tells of a job before the next one ends; short enough that what a run says
 * again after a minute, lest it be lost, is no transition's.
 */
const STEP_MILLISECONDS = 6_000;

interface Mark {
  readonly statement: Statement;
  readonly transitions: number;
}

export const requests: Concern = {
  name: 'requests',
  keys: ['requests.10', 'requests.10000', 'requests.cold.10', 'requests.cold.10000'],
  async take({ quick }) {
    const long = quick ? 200 : 10_000;
    const world = new World({ workOf: () => ({ milliseconds: STEP_MILLISECONDS }) });
    try {
      // The functions are warm.
      await run(world, SHORT, () => false);
      const shortWarm = between(await run(world, SHORT, () => false), 0, WINDOW);
      const shortCold = between(await run(world, SHORT, () => true), 0, WINDOW);
      // The last windows of the long run are cold: each evaluation there replays all of it.
      const coldFrom = long - 2 - 2 * WINDOW;
      const marks = await run(world, long, (step) => step >= coldFrom);
      const longWarm = between(marks, 0, Math.floor((coldFrom - 1) / WINDOW) * WINDOW);
      const longCold = between(marks, coldFrom, coldFrom + 2 * WINDOW);
      const steps = long.toLocaleString('en');
      const figure = (
        key: string,
        { value, statement, steps: counted }: Ratio,
        what: string,
        highest: number,
      ) => ({
        key,
        value,
        unit: 'requests',
        highest,
        what,
        parts: { statement, steps: counted },
      });
      return [
        figure(
          'requests.10',
          shortWarm,
          `requests a transition, in a run of ${SHORT} steps`,
          longWarm.value * 1.05,
        ),
        figure(
          'requests.10000',
          longWarm,
          `requests a transition, in a run of ${steps} steps`,
          shortWarm.value * 1.05,
        ),
        figure(
          'requests.cold.10',
          shortCold,
          `the same, every evaluation cold, ${SHORT} steps`,
          Math.min(shortWarm.value + 4, longCold.value * 1.05),
        ),
        figure(
          'requests.cold.10000',
          longCold,
          `the same, every evaluation cold, ${steps} steps`,
          Math.min(longWarm.value + 4, shortCold.value * 1.05),
        ),
      ];
    } finally {
      world.close();
    }
  },
};

/** The chain, with a mark after each launch. */
async function run(
  world: World,
  steps: number,
  isCold: (step: number) => boolean,
): Promise<readonly Mark[]> {
  const marks: Mark[] = [];
  world.coldEvaluations = isCold(0);
  world.functions.after = ({ name, submitted }) => {
    if (name !== 'controller' || !submitted) return;
    marks.push({
      statement: world.ledger.statement(),
      transitions: world.transitions.handed.messages,
    });
    world.coldEvaluations = isCold(marks.length - 1);
  };
  const id = await start('chain', steps);
  await world.complete(id);
  world.functions.after = undefined;
  await world.time.pass(60_000);
  return marks;
}

interface Ratio {
  readonly value: number;
  readonly statement: Statement;
  readonly steps: number;
}

function between(marks: readonly Mark[], from: number, to: number): Ratio {
  const [first, last] = [marks[from], marks[to]];
  if (first === undefined || last === undefined)
    throw new RangeError(`there are ${marks.length} marks, not ${to + 1}`);
  const statement = last.statement.since(first.statement);
  return {
    value: statement.requests / (last.transitions - first.transitions),
    statement,
    steps: to - from,
  };
}
