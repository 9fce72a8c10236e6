/**
 * What a step of an awaited chain costs: each is called when the one before has ended. The whole
 * run counts, from its registration to its end.
 *
 * @module
 */

import { World } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern, Figure } from './figure.ts';

const SECOND = 1000;

export const chain: Concern = {
  name: 'chain',
  keys: ['price.chain', 'writeUnits', 'price.chain.cold'],
  async take({ quick }) {
    const steps = quick ? 100 : 1000;
    const warm = await chainOf(steps, false);
    const cold = await chainOf(quick ? 50 : steps, true);
    const writes = warm.parts?.statement.units('dynamodb.write') ?? 0;
    return [
      {
        ...warm,
        key: 'price.chain',
        highest: 0.0125,
        what: 'control plane, per 1,000 steps of an awaited chain',
      },
      {
        key: 'writeUnits',
        value: writes / steps,
        unit: 'units',
        highest: 5,
        what: 'DynamoDB write units per step of the chain',
        parts: warm.parts,
      },
      { ...cold, key: 'price.chain.cold', what: 'the chain when every evaluation is cold' },
    ];
  },
};

async function chainOf(
  steps: number,
  cold: boolean,
): Promise<Pick<Figure, 'value' | 'unit' | 'parts'>> {
  const world = new World({ workOf: () => ({ milliseconds: SECOND }) });
  try {
    world.coldEvaluations = cold;
    const id = await start('chain', steps);
    await world.complete(id);
    // Batch tells of the last jobs.
    await world.time.pass(60 * SECOND);
    const statement = world.ledger.statement();
    return { value: (statement.dollars / steps) * 1000, unit: '$', parts: { statement, steps } };
  } finally {
    world.close();
  }
}
