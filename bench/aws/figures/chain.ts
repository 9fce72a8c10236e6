/**
 * The cost of a step of an awaited chain, in which each step is called after the end of the
 * previous one. The whole run counts, from its registration to its end.
 *
 * @module
 */
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern, Figure } from './figure.ts';

const SECOND_MS = 1000;

export const chain: Concern = {
  name: 'chain',
  keys: ['price.chain', 'writeUnits', 'price.chain.cold'],
  async collect({ quick }) {
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
  const deployment = new CountedDeployment({ workOf: () => ({ durationMs: SECOND_MS }) });
  try {
    deployment.evaluator.isCold = cold;
    const id = await start('chain', steps);
    await deployment.complete(id);
    // Batch reports the ends of the last jobs.
    await deployment.time.pass(60 * SECOND_MS);
    const statement = deployment.ledger.statement();
    return { value: (statement.dollars / steps) * 1000, unit: '$', parts: { statement, steps } };
  } finally {
    deployment.close();
  }
}
