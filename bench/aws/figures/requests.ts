/**
 * The number of requests to AWS per transition in a short run and in a long one, with warm
 * evaluations and with cold ones.
 *
 * Requests are counted between the launch of one step and that of another, eight steps later or a
 * multiple of it: sixteen transitions, of which one in sixteen writes a checkpoint. The requests of
 * a run's start and end belong to no transition and are excluded.
 *
 * @module
 */
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Statement } from '../ledger.ts';
import type { Concern } from './figure.ts';

const WINDOW_STEPS = 8;
const SHORT_STEPS = 10;
/**
 * Long enough that Batch reports a job before the next one ends; short enough that the messages
 * that a run sends again after a minute, in case they were lost, are not counted.
 */
const STEP_MS = 6_000;

/** The counters after a launch. */
interface Reading {
  readonly statement: Statement;
  readonly transitions: number;
}

export const requests: Concern = {
  name: 'requests',
  keys: ['requests.10', 'requests.10000', 'requests.cold.10', 'requests.cold.10000'],
  async collect({ quick }) {
    const long = quick ? 200 : 10_000;
    const deployment = new CountedDeployment({ workOf: () => ({ durationMs: STEP_MS }) });
    try {
      // This run warms the functions up.
      await run(deployment, SHORT_STEPS, () => false);
      const shortWarm = between(await run(deployment, SHORT_STEPS, () => false), 0, WINDOW_STEPS);
      const shortCold = between(await run(deployment, SHORT_STEPS, () => true), 0, WINDOW_STEPS);
      // The last windows of the long run are cold: each evaluation there replays all of it.
      const coldFrom = long - 2 - 2 * WINDOW_STEPS;
      const readings = await run(deployment, long, (step) => step >= coldFrom);
      const longWarm = between(
        readings,
        0,
        Math.floor((coldFrom - 1) / WINDOW_STEPS) * WINDOW_STEPS,
      );
      const longCold = between(readings, coldFrom, coldFrom + 2 * WINDOW_STEPS);
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
          `requests per transition, in a run of ${SHORT_STEPS} steps`,
          longWarm.value * 1.05,
        ),
        figure(
          'requests.10000',
          longWarm,
          `requests per transition, in a run of ${steps} steps`,
          shortWarm.value * 1.05,
        ),
        figure(
          'requests.cold.10',
          shortCold,
          `the same, every evaluation cold, ${SHORT_STEPS} steps`,
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
      deployment.close();
    }
  },
};

/** Runs the chain and returns the counters after each launch. */
async function run(
  deployment: CountedDeployment,
  steps: number,
  isCold: (step: number) => boolean,
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  deployment.evaluator.isCold = isCold(0);
  deployment.functions.afterInvocation = ({ name, submitted }) => {
    if (name !== 'controller' || !submitted) return;
    readings.push({
      statement: deployment.ledger.statement(),
      transitions: deployment.transitions.delivered.messages,
    });
    deployment.evaluator.isCold = isCold(readings.length - 1);
  };
  const id = await start('chain', steps);
  await deployment.complete(id);
  deployment.functions.afterInvocation = undefined;
  await deployment.time.pass(60_000);
  return readings;
}

interface Ratio {
  readonly value: number;
  readonly statement: Statement;
  readonly steps: number;
}

function between(readings: readonly Reading[], from: number, to: number): Ratio {
  const [first, last] = [readings[from], readings[to]];
  if (first === undefined || last === undefined)
    throw new RangeError(`there are ${readings.length} launches, not ${to + 1}`);
  const statement = last.statement.since(first.statement);
  return {
    value: statement.requests / (last.transitions - first.transitions),
    statement,
    steps: to - from,
  };
}
