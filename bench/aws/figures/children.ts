/**
 * The cost of a child run with one step, of a parent that awaits one child run after the other: the
 * difference of two runs, so that registration and start of the parent do not count.
 *
 * @module
 */
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Statement } from '../ledger.ts';
import type { Concern } from './figure.ts';

const SECOND_MS = 1000;
/** The text is an object. */
const LARGE_LENGTH = 20_000;

export const children: Concern = {
  name: 'children',
  keys: ['price.children', 'requests.child', 'writeUnits.child', 'requests.child.large'],
  async collect({ quick }) {
    const count = quick ? 20 : 200;
    const small = await difference(count, 0);
    const large = await difference(count, LARGE_LENGTH);
    const parts = { statement: small, steps: count };
    return [
      {
        key: 'price.children',
        value: (small.dollars / count) * 1000,
        unit: '$',
        what: 'control plane, per 1,000 awaited child runs with one step each',
        parts,
      },
      {
        key: 'requests.child',
        value: small.requests / count,
        unit: 'requests',
        what: 'per child run with one step',
        parts,
      },
      {
        key: 'writeUnits.child',
        value: small.units('dynamodb.write') / count,
        unit: 'units',
        what: 'DynamoDB write units per child run with one step',
        parts,
      },
      {
        key: 'requests.child.large',
        value: large.requests / count,
        unit: 'requests',
        what: `per child run whose argument has ${LARGE_LENGTH.toLocaleString('en')} characters`,
        parts: { statement: large, steps: count },
      },
    ];
  },
};

/** What `count` further child runs request. */
async function difference(count: number, length: number): Promise<Statement> {
  const before = await requestsOf(count, length);
  return (await requestsOf(2 * count, length)).since(before);
}

async function requestsOf(width: number, length: number): Promise<Statement> {
  const deployment = new CountedDeployment({ workOf: () => ({ durationMs: SECOND_MS }) });
  try {
    await deployment.complete(await start('children', width, { length }));
    await deployment.time.pass(60 * SECOND_MS);
    return deployment.ledger.statement();
  } finally {
    deployment.close();
  }
}
