/**
 * The holder of a cache lease dies at any call with which it ends the lease, also between ending it
 * and telling who waits. Whoever waits has a timer of its own, which needs nothing of the dead
 * process: no run waits for ever, and what the lease guarded is executed once.
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
import { CLOCK } from './dynamo.ts';
import { type Fault, faultyClient, ProcessDied } from './faulty-client.ts';

const script: Script = {
  components: { a: { cache: true } },
  main: async (logic) => logic.call('a', 'x'),
};
const [HOLDER, WAITER] = ['1'.repeat(26), '2'.repeat(26)];
type Outcome = TransitionOf<'finished'>['outcome'];
const DONE: Outcome = { ok: true, values: [{ format: 'json', text: '7' }], artifacts: [] };
const FAILED: Outcome = { ok: false, error: { name: 'Error', message: 'it broke' } };

/** Two runs that need the same; the first holds the lease and is executed, the second waits. */
async function aWorld() {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('cache', CACHE_TABLE);
  const storage = createMemoryStorage();
  const process = (client = dynamo.client()) => {
    const cache = createDynamoCache({ client, table: 'cache', retentionDays: 90, clock: CLOCK });
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

/** What it tells other runs is handled by no process. */
function mute(bench: ControllerHarness): ControllerHarness {
  bench.ports.transitions.send = async () => undefined;
  return bench;
}

/** Calls with which a healthy process ends the lease. */
async function callsToEnd(outcome: Outcome): Promise<number> {
  const { dynamo, process, finished } = await aWorld();
  const counted = faultyClient(dynamo.client(), { fault: 'refused', at: Number.POSITIVE_INFINITY });
  await mute(process(counted.client)).send(finished(outcome));
  return counted.calls();
}

describe.each([
  ['completes', DONE],
  ['fails', FAILED],
] as const)('whoever waits for a step that %s', (_, outcome) => {
  test.each<Fault>(['dies before', 'dies after'])(
    'goes on by itself if the holder %s any call, before and after somebody does its work again',
    async (fault) => {
      const calls = await callsToEnd(outcome);
      expect(calls).toBeGreaterThanOrEqual(2);
      for (let at = 0; at < calls; at += 1) {
        for (const late of [false, true]) {
          const { dynamo, process, holder, waiter, finished } = await aWorld();
          const dying = mute(process(faultyClient(dynamo.client(), { fault, at }).client));
          await expect(dying.send(finished(outcome))).rejects.toThrow(ProcessDied);
          const next = process();
          next.now = dying.now;
          if (late) await next.fireNextTimer(waiter);
          await next.send(finished(outcome));
          // Nothing but timers from now on.
          const { head } = await next.finish(waiter);
          const where = `call ${at}${late ? ', the timer first' : ''}`;
          expect(head.status, where).toBe('completed');
          expect(next.now - dying.now, where).toBeLessThanOrEqual(
            DEFAULT_SETTINGS.leaseCheckIntervalMs,
          );
          expect((await next.steps(waiter))[0]?.status, where).toBe(
            outcome.ok ? 'cached' : 'completed',
          );
          expect(next.submittedSpecs.length, where).toBe(outcome.ok ? 0 : 1);
          expect((await next.run(holder)).head.status, where).toBe(
            outcome.ok ? 'completed' : 'failed',
          );
        }
      }
    },
  );

  test('a lease waiter continues by its timer when the notification is lost', async () => {
    const { process, waiter, finished } = await aWorld();
    const dying = process();
    dying.ports.transitions.send = async () => Promise.reject(new ProcessDied());
    await expect(dying.send(finished(outcome))).rejects.toThrow(ProcessDied);
    const next = process();
    next.now = dying.now;
    // The step is over on record: what comes again of it tells nobody.
    await next.send(finished(outcome));
    expect((await next.steps(waiter))[0]?.waitingFor).toBe('lease');
    expect((await next.finish(waiter)).head.status).toBe('completed');
  });
});
