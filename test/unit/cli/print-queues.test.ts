import { expect, it } from 'vitest';
import { printQueues } from '../../../src/cli/print-pipelines.ts';
import type { QueueDocument } from '../../../src/wire/service.ts';
import { capturedOutput } from '../../support/captured-output.ts';

const QUEUE: QueueDocument = {
  name: 'default',
  platform: 'fargate',
  spot: false,
  gpu: false,
  concurrency: null,
  load: null,
};
const LOAD = {
  running: 5,
  starting: 1,
  waiting: 500,
  waitingSince: '2026-11-30T10:00:00.000Z',
  vcpus: null,
  partial: true,
  measuredAt: '2026-11-30T10:05:00.000Z',
};

async function printed(queues: readonly QueueDocument[], json = false): Promise<string> {
  const { output, printed: texts } = capturedOutput();
  await printQueues(queues, json, output);
  return texts.stdout;
}

it('queues whose load is not known are listed without it', async () => {
  expect(await printed([QUEUE])).toBe(
    'queue    platform  steps at once  spot  gpu\ndefault  fargate   by resources   no    no\n',
  );
});

it('the load of queues has columns, with a plus if more steps were not counted', async () => {
  const text = await printed([
    { ...QUEUE, load: LOAD },
    { ...QUEUE, name: 'fast' },
  ]);
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  expect(rows).toEqual([
    [
      ...['queue', 'platform', 'running', 'starting', 'waiting', 'waiting since'],
      ...['steps at once', 'spot', 'gpu'],
    ],
    [
      ...[
        'default',
        'fargate',
        '5+',
        '1+',
        '500+',
        expect.stringMatching(/^2026-1\d-\d\d \d\d:00:00$/),
      ],
      ...['by resources', 'no', 'no'],
    ],
    ['fast', 'fargate', '–', '–', '–', '–', 'by resources', 'no', 'no'],
  ]);
});

it('the JSON has the load of each queue, and null if it is not known', async () => {
  const queues = [{ ...QUEUE, load: LOAD }, QUEUE];
  expect(JSON.parse(await printed(queues, true))).toEqual(queues);
});
