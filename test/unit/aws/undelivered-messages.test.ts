import { describe, expect, test } from 'vitest';
import { withUndeliveredMessages } from '../../../src/aws/messages/undelivered-messages.ts';
import { MAX_STORED_REPORTS_BYTES, MAX_STORED_RESULT_BYTES } from '../../../src/model/limits.ts';
import { outputPrefix, reportsKey, resultKey } from '../../../src/model/object-layout.ts';
import type { TransitionOf } from '../../../src/model/transition.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { anInfo, runId } from '../../conformance/records.ts';

const info = { ...anInfo(runId(1)), number: 1 };
const ended: TransitionOf<'job.ended'> = {
  kind: 'job.ended',
  run: runId(1),
  call: 0,
  attempt: 1,
  job: 'j.1',
  exitCode: 0,
  signal: null,
  fault: 'infrastructure',
  reason: 'ended without a result',
  at: 5,
};
const sender = { run: runId(1), call: 0, attempt: 1, job: 'j.1', token: 't', at: 4 };
const output = outputPrefix(info, 0, 1);

async function transitionsWith(
  stored: { readonly result?: string; readonly reports?: string },
  fault: TransitionOf<'job.ended'>['fault'] = 'infrastructure',
) {
  const objects = new MemoryObjects();
  if (stored.result !== undefined)
    await objects.put(resultKey(output, 'j.1'), Buffer.from(stored.result));
  if (stored.reports !== undefined)
    await objects.put(reportsKey(output, 'j.1'), Buffer.from(stored.reports));
  const logged: string[] = [];
  const transitions = await withUndeliveredMessages([{ ...ended, fault }], {
    objects,
    tasks: { run: async () => ({ info, head: {} }) as never },
    log: {
      info: () => undefined,
      warn: (event, data) => logged.push(`${event}: ${String(data?.reason)}`),
      error: () => undefined,
    },
  });
  return { transitions, logged };
}

describe('the messages that a runner stored', () => {
  test('a result of any size is not read, and its job ends as a failure of the step', async () => {
    const { transitions, logged } = await transitionsWith({
      result: ' '.repeat(MAX_STORED_RESULT_BYTES + 1),
    });
    expect(transitions).toEqual([
      { ...ended, fault: 'step', reason: expect.stringMatching(/rejected: .*4194305 bytes/) },
    ]);
    expect(logged).toEqual([expect.stringMatching(/^stored result rejected: .*4194305 bytes/)]);
  });

  test('an invalid result becomes a failure of the attempt', async () => {
    const message = {
      kind: 'finished',
      ...sender,
      outcome: { ok: true, values: 'no list', artifacts: [] },
    };
    const { transitions } = await transitionsWith({ result: JSON.stringify(message) });
    expect(transitions).toMatchObject([
      {
        kind: 'finished',
        token: 't',
        outcome: { ok: false, error: { name: 'ResultRejectedError' } },
      },
      { kind: 'job.ended', fault: 'step' },
    ]);
  });

  test('an abort stays an abort, whatever result its job left', async () => {
    const { transitions } = await transitionsWith({ result: '{' }, 'abort');
    expect(transitions).toEqual([{ ...ended, fault: 'abort' }]);
  });

  test('reports that are too large are dropped, and invalid ones among others', async () => {
    const large = await transitionsWith({ reports: ' '.repeat(MAX_STORED_REPORTS_BYTES + 1) });
    expect(large.transitions).toEqual([ended]);
    expect(large.logged).toEqual([expect.stringMatching(/^stored report dropped: .* bytes/)]);
    const report = (sequence: number, at: number) => ({
      kind: 'reported',
      ...sender,
      sequence,
      report: { texts: [{ text: 'a', at }] },
    });
    const mixed = await transitionsWith({
      reports: JSON.stringify([report(0, 1), report(1, 1e20), report(2, 1)]),
    });
    expect(
      mixed.transitions.map((each) => (each.kind === 'reported' ? each.sequence : each.kind)),
    ).toEqual([0, 2, 'job.ended']);
    expect(mixed.logged).toHaveLength(1);
  });
});
