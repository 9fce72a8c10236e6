import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, test, vi } from 'vitest';
import { createBusEvents } from '../../../src/aws/observability/status-events.ts';
import type { StatusEvent } from '../../../src/ports/events.ts';
import { runId } from '../../conformance/records.ts';

const run = runId(1);
const runEvent: StatusEvent = { kind: 'run', run, status: 'running', at: 1000 };
const stepEvent = (call: number): StatusEvent => ({
  kind: 'step',
  run,
  call,
  step: 'a',
  status: 'queued',
  previous: 'pending',
  attempt: 1,
  at: 1000,
});
const logEvent: StatusEvent = { kind: 'log', run, level: 'info', text: 'hello', at: 1000 };

function aBus(stepEvents: boolean, answer: () => object = () => ({})) {
  const client = new EventBridgeClient({ region: 'us-east-1' });
  const sizes: number[] = [];
  const entries: object[] = [];
  const logged: string[] = [];
  vi.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
    if (!(command instanceof PutEventsCommand)) throw new Error('only PutEvents is expected');
    sizes.push(command.input.Entries?.length ?? 0);
    entries.push(...(command.input.Entries ?? []));
    return answer();
  });
  const note = (event: string) => void logged.push(event);
  return {
    events: createBusEvents({
      client,
      bus: 'headrace',
      stepEvents,
      log: { info: note, warn: note, error: note },
    }),
    sizes,
    entries,
    logged,
  };
}

test('events of runs are published, events of steps only on request, and log lines of the logic are logged', async () => {
  const quiet = aBus(false);
  await quiet.events.publish([runEvent, stepEvent(0), logEvent]);
  expect(quiet.entries).toEqual([
    {
      EventBusName: 'headrace',
      Source: 'headrace',
      DetailType: 'Headrace Run Status Change',
      Time: new Date(1000),
      Detail: JSON.stringify({ schema: 1, run, status: 'running', at: 1000 }),
    },
  ]);
  expect(quiet.logged).toEqual(['logic']);
});

test('one request carries up to ten events', async () => {
  const bus = aBus(true);
  await bus.events.publish(Array.from({ length: 23 }, (_, call) => stepEvent(call)));
  expect(bus.sizes).toEqual([10, 10, 3]);
});

test('events that the bus does not accept are logged, and nothing waits for them', async () => {
  const refusing = aBus(true, () => ({
    FailedEntryCount: 1,
    Entries: [{ ErrorCode: 'InternalFailure' }],
  }));
  await refusing.events.publish([runEvent]);
  const absent = aBus(true, () => {
    throw new Error('no such bus');
  });
  await absent.events.publish([runEvent]);
  expect([refusing.logged, absent.logged]).toEqual([
    ['events not accepted'],
    ['events not accepted'],
  ]);
});

test('one request carries as many bytes as the bus accepts', async () => {
  const bus = aBus(true);
  const large = { ...stepEvent(0), reason: '損'.repeat(20_000) };
  await bus.events.publish(Array.from({ length: 10 }, () => large));
  expect(bus.sizes).toEqual([4, 4, 2]);
});
