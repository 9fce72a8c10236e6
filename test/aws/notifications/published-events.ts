/**
 * The events of a run as its controller publishes them on a bus, in the form in which EventBridge
 * passes them to rules.
 *
 * @module
 */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { createBusEvents } from '../../../src/aws/observability/status-events.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { ControllerHarness } from '../../unit/controller/harness.ts';
import type { Script } from '../../unit/controller/logic.ts';

export interface BusEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: object;
}

export interface EventFacts {
  readonly project: string;
  readonly pipeline: string;
  readonly tags: readonly string[];
}

export type RunChange = 'completed' | 'failed' | 'aborted' | 'waiting';

const SCRIPTS: Readonly<Record<RunChange, Script>> = {
  completed: { components: { train: {} }, main: async (logic) => void (await logic.call('train')) },
  failed: { components: { train: {} }, main: async (logic) => void logic.call('train') },
  aborted: { components: {}, main: async (logic) => void (await logic.sleep(1e9)) },
  waiting: { components: {}, main: async (logic) => void (await logic.waitForSignal('approve')) },
};

/** All events of a run until the change. */
export async function publishedEvents(
  change: RunChange,
  { project, pipeline, tags }: EventFacts,
): Promise<readonly BusEvent[]> {
  const harness = new ControllerHarness(SCRIPTS[change], () =>
    change === 'failed' ? new TypeError('no "rows"\nat all') : 1,
  );
  const info = { ...harness.info({ tags: [...tags] }), project, pipeline };
  await harness.storage.tasks.createRun(info, newHead(info));
  await harness.send({ kind: 'run.created', run: info.id });
  if (change === 'aborted')
    await harness.send({ kind: 'run.abort', run: info.id, reason: 'enough' });
  const published: BusEvent[] = [];
  const client = new EventBridgeClient({ region: 'eu-west-1' });
  client.send = async (command: unknown) => {
    if (!(command instanceof PutEventsCommand)) throw new Error('only PutEvents is expected');
    for (const { Source = '', DetailType = '', Detail = '' } of command.input.Entries ?? [])
      published.push({
        source: Source,
        'detail-type': DetailType,
        detail: JSON.parse(Detail),
      });
    return {};
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  await createBusEvents({ client, bus: 'headrace', stepEvents: true, log }).publish(
    harness.statusEvents,
  );
  return published;
}
