import { tmpdir } from 'node:os';
import { expect, it, vi } from 'vitest';
import { runStepProcess } from '../../../src/runner/container/step-process.ts';
import { stepSpec } from '../../support/step-spec.ts';

/** Sends what no runner sends, and exits with 7 once the parent acknowledged both messages. */
const STEP = `
  process.once('message', () => {
    for (const id of [0, 1]) process.send({ kind: 'message', id, message: { kind: 'reported', id } });
    const accepted = new Set();
    process.on('message', ({ kind, ids }) => {
      if (kind === 'accepted') for (const id of ids) accepted.add(id);
      if (accepted.size === 2) process.exit(7);
    });
    setTimeout(() => process.exit(9), 3000);
  });
  process.send({ kind: 'ready', heapLimit: 1 });`;

it('a message that is rejected is acknowledged and not delivered, and only the first is reported', async () => {
  const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const deliver = vi.fn(async () => undefined);
  const { exitCode } = await runStepProcess({
    command: ['-e', STEP],
    environment: { cwd: tmpdir(), env: {}, home: tmpdir() },
    assignment: {
      spec: stepSpec(),
      job: 'job',
      home: tmpdir(),
      temporaryDirectory: tmpdir(),
      logStream: 'log',
      graceMs: 1000,
    },
    stop: new AbortController(),
    deliver,
  });
  expect(exitCode).toBe(7);
  expect(deliver).not.toHaveBeenCalled();
  expect(reported.mock.calls).toEqual([
    [expect.stringMatching(/^headrace: a message of the step was dropped: /)],
  ]);
});
