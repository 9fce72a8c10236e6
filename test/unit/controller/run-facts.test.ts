import { expect, it } from 'vitest';
import { ControllerHarness } from './harness.ts';

it('the event of a failed run has the facts that a message about it needs, with a bounded text', async () => {
  const harness = new ControllerHarness(
    { components: { train: {} }, main: async (logic) => void logic.call('train') },
    () => new TypeError(`no rows${'.'.repeat(5000)}`),
  );
  const run = await harness.start({ tags: ['nightly'] });
  const events = harness.statusEvents.filter(({ kind }) => kind === 'run');
  expect(events.map((event) => 'status' in event && event.status)).toEqual(['running', 'failed']);
  const { info, head } = await harness.run(run);
  expect(events.at(-1)).toMatchObject({
    run,
    facts: {
      project: 'examples',
      pipeline: 'test',
      number: info.number,
      version: '1.0.0',
      tags: head.tags,
      generation: head.generation,
      step: 'train',
      error: { name: 'TypeError', message: expect.stringMatching(/^no rows\.+/) },
    },
  });
  expect(JSON.stringify(events.at(-1)).length).toBeLessThan(2000);
});

it('the event of a run that waits names its run and the signal', async () => {
  const harness = new ControllerHarness({
    components: {},
    main: async (logic) => void (await logic.waitForSignal('approve')),
  });
  const run = await harness.start();
  expect(harness.statusEvents.find(({ kind }) => kind === 'signal')).toMatchObject({
    run,
    name: 'approve',
    facts: { project: 'examples', pipeline: 'test', number: 1, step: null, error: null },
  });
});
