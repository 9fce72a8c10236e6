/**
 * How long a run stands still whose controller is killed in the middle of a decision: before any of
 * its requests.
 *
 * @module
 */

import { World } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

const STEPS = 4;
/**
 * Of the chain's invocations, the one that hears that the second step has finished and launches the
 * third.
 */
const DECISION = 5;

export const recovery: Concern = {
  name: 'recovery',
  keys: ['recovery'],
  async take() {
    const standing: number[] = [];
    for (let request = 1; ; request += 1) {
      const stood = await killedBefore(request);
      if (stood === undefined) break;
      standing.push(stood);
    }
    const worst = Math.max(...standing) / 60_000;
    return [
      {
        key: 'recovery',
        value: worst,
        unit: 'min',
        highest: 6,
        what: `the controller is killed in a decision, at the worst of its ${standing.length} requests`,
      },
    ];
  },
};

/**
 * Milliseconds until a controller takes up what was begun; undefined if the decision has fewer
 * requests.
 */
async function killedBefore(request: number): Promise<number | undefined> {
  const world = new World({ workOf: () => ({ milliseconds: 1000 }) });
  try {
    let killedAt: number | undefined;
    let movedAt: number | undefined;
    world.functions.fate = (invocation) => {
      if (invocation.name !== 'controller') return;
      if (killedAt !== undefined) movedAt ??= world.time.now;
      else if (
        world.functions.invocations.controller === DECISION &&
        invocation.requests === request
      ) {
        killedAt = world.time.now;
        invocation.kill();
      }
    };
    const id = await start('chain', STEPS);
    await world.complete(id);
    return killedAt === undefined || movedAt === undefined ? undefined : movedAt - killedAt;
  } finally {
    world.close();
  }
}
