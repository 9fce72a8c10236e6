import { expect, it } from 'vitest';
import { runStatusText } from '../../../src/view/awaited-signals.ts';

it('the status of a run in a list names the first signal that it waits for', () => {
  const text = (...awaited: readonly string[]) =>
    runStatusText({ status: 'running', signals: { awaited } });
  expect(runStatusText({ status: 'completed' })).toBe('completed');
  expect(text()).toBe('running');
  expect(text('approve')).toBe('running, waits for signal approve');
  expect(text('approve', 'deploy', 'note')).toBe('running, waits for signal approve and 2 more');
});
