/**
 * The holder of a cache lease crashes at each call that ends the lease, and between the end of the
 * lease and the notification of the waiters. A waiter has its own timer, which does not depend on
 * the crashed process: no run waits forever, and the step that the lease guards is executed once.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { CACHE_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { createDynamoCache } from '../../../src/aws/storage/step-cache.ts';
import { DEFAULT_SETTINGS } from '../../../src/controller/context.ts';
import type { TransitionOf } from '../../../src/model/transition.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { ControllerHarness, NO_OUTCOME } from '../../unit/controller/harness.ts';
import type { Script } from '../../unit/controller/logic.ts';
import { RETENTION } from '../harness/settings.ts';
import { CLOCK } from './dynamo.ts';
import { type Fault, faultyClient, ProcessCrashedError } from './faulty-client.ts';

const script: Script = {
  components: { a: { cache: true } },
  main: async (logic) => logic.call('a', 'x'),
};
const [HOLDER, WAITER] = ['1'.repeat(26), '2'.repeat(26)];
type Outcome = TransitionOf<'finished'>['outcome'];
const DONE: Outcome = { ok: true, values: [{ format: 'json', text: '7' }], artifacts: [] };
const FAILED: Outcome = { ok: false, error: { name: 'Error', message: 'it broke' } };

/** Two runs that need the same cache key: the first holds the lease, the second waits. */
async function twoRuns() {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('cache', CACHE_TABLE);
  const storage = createMemoryStorage();
  const process = (client = dynamo.client()) => {
    const cache = createDynamoCache({ client, table: 'cache', retention: RETENTION, clock: CLOCK });
    return new ControllerHarness(script, ({ run }) => (run === HOLDER ? NO_OUTCOME : 8), {
      ...storage,
      cache,
    });
  };
  const first = process();
  const holder = await first.start({}, HOLDER);
  const waiter = await first.start({}, WAITER);
  expect((await first.steps(waiter))[0]).toMatchObject({ status: 'pending', waitingFor: 'lease' });
  const [spec] = first.submittedSpecs;
  if (spec === undefined) throw new Error('the holder was not launched');
  const { run, call, attempt, token } = spec;
  const finished = (outcome: Outcome) =>
    ({
      kind: 'finished',
      run,
      call,
      attempt,
      token,
      job: `${first.submittedGroups[0]}:0`,
      at: 1,
      outcome,
    }) as const;
  return { dynamo, process, holder, waiter, finished };
}

/** Loses the messages to other runs. */
function withoutSends(process: ControllerHarness): ControllerHarness {
  process.ports.transitions.send = async () => undefined;
  return process;
}

/** The number of calls of a process without faults that end the lease. */
async function countCallsToEnd(outcome: Outcome): Promise<number> {
  const { dynamo, process, finished } = await twoRuns();
  const counted = faultyClient(dynamo.client(), {
    fault: 'throttled',
    at: Number.POSITIVE_INFINITY,
  });
  await withoutSends(process(counted.client)).send(finished(outcome));
  return counted.calls();
}

describe.each([
  ['completes', DONE],
  ['fails', FAILED],
] as const)('a waiter of a lease whose holder %s', (verb, outcome) => {
  // The timer of the waiter fires after or before the holder's message is delivered again.
  test.each<Fault>(['crash before', 'crash after'])(
    `a lease waiter continues by its timer despite a %s any call of a holder that ${verb}`,
    async (fault) => {
      const calls = await countCallsToEnd(outcome);
      expect(calls).toBeGreaterThanOrEqual(2);
      for (let at = 0; at < calls; at += 1) {
        for (const timerFirst of [false, true]) {
          const { dynamo, process, holder, waiter, finished } = await twoRuns();
          const crashing = withoutSends(
            process(faultyClient(dynamo.client(), { fault, at }).client),
          );
          await expect(crashing.send(finished(outcome))).rejects.toThrow(ProcessCrashedError);
          const next = process();
          next.now = crashing.now;
          if (timerFirst) await next.fireNextTimer(waiter);
          await next.send(finished(outcome));
          // From now on only timers fire.
          const { head } = await next.finish(waiter);
          const context = `call ${at}${timerFirst ? ', the timer first' : ''}`;
          expect(head.status, context).toBe('completed');
          expect(next.now - crashing.now, context).toBeLessThanOrEqual(
            DEFAULT_SETTINGS.leaseCheckIntervalMs,
          );
          expect((await next.steps(waiter))[0]?.status, context).toBe(
            outcome.ok ? 'cached' : 'completed',
          );
          expect(next.submittedSpecs.length, context).toBe(outcome.ok ? 0 : 1);
          expect((await next.run(holder)).head.status, context).toBe(
            outcome.ok ? 'completed' : 'failed',
          );
        }
      }
    },
  );

  test(`a lease waiter continues by its timer when a holder that ${verb} loses the notification`, async () => {
    const { process, waiter, finished } = await twoRuns();
    const crashing = process();
    crashing.ports.transitions.send = async () => Promise.reject(new ProcessCrashedError());
    await expect(crashing.send(finished(outcome))).rejects.toThrow(ProcessCrashedError);
    const next = process();
    next.now = crashing.now;
    // The step is already terminal on record: a repeated message notifies no waiter.
    await next.send(finished(outcome));
    expect((await next.steps(waiter))[0]?.waitingFor).toBe('lease');
    expect((await next.finish(waiter)).head.status).toBe('completed');
  });
});
