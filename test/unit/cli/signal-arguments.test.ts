import { expect, it } from 'vitest';
import { sentLine } from '../../../src/cli/signal-arguments.ts';

it('a signal that the run does not wait for is reported with those that it waits for', () => {
  expect(sentLine('r', 'approvel', ['approval', 'stop'])).toBe(
    "the signal approvel is sent to run r, which does not wait for it yet: it is kept for the next waitForSignal('approvel'); the run waits for approval, stop\n",
  );
  expect(sentLine('r', 'later', [])).toMatch(/waitForSignal\('later'\)\n$/);
  expect(sentLine('r', 'approval', ['approval'])).toBe('the signal approval is sent to run r\n');
});
