/**
 * The pause of a run whose controller is killed in the middle of a decision, before any of its
 * requests.
 *
 * @module
 */
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import type { Concern } from './figure.ts';

const STEPS = 4;
/** The chain's invocation that receives `finished` of the second step and launches the third. */
const DECISION_INVOCATION = 5;

export const recovery: Concern = {
  name: 'recovery',
  keys: ['recovery'],
  async collect() {
    const pausesMs: number[] = [];
    for (let request = 1; ; request += 1) {
      const pauseMs = await pauseAfterKillBefore(request);
      if (pauseMs === undefined) break;
      pausesMs.push(pauseMs);
    }
    const longestMinutes = Math.max(...pausesMs) / 60_000;
    return [
      {
        key: 'recovery',
        value: longestMinutes,
        unit: 'min',
        highest: 6,
        what: `the controller is killed in a decision, before the worst of its ${pausesMs.length} requests`,
      },
    ];
  },
};

/**
 * Kills the controller before a request of the decision. Returns the milliseconds until a
 * controller continues it, or `undefined` if the decision has fewer requests.
 */
async function pauseAfterKillBefore(request: number): Promise<number | undefined> {
  const deployment = new CountedDeployment({ workOf: () => ({ durationMs: 1000 }) });
  try {
    let killedAt: number | undefined;
    let continuedAt: number | undefined;
    deployment.functions.beforeRequest = (invocation) => {
      if (invocation.name !== 'controller') return;
      if (killedAt !== undefined) continuedAt ??= deployment.time.now();
      else if (
        deployment.functions.invocations.controller === DECISION_INVOCATION &&
        invocation.requests === request
      ) {
        killedAt = deployment.time.now();
        invocation.kill();
      }
    };
    const id = await start('chain', STEPS);
    await deployment.complete(id);
    return killedAt === undefined || continuedAt === undefined ? undefined : continuedAt - killedAt;
  } finally {
    deployment.close();
  }
}
