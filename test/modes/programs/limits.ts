/** Time limits, working directory and time zone. */
import { completes, fails, failsInStep, type Programs } from '../program.ts';

const WAITS = `const waits = component({ timeoutSeconds: 0.3 }, async () => {
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});`;

export const LIMITS: Programs = {
  'a step exceeds its time limit': {
    source: `${WAITS}
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => await waits());`,
    outcome: failsInStep('waits', {
      name: 'StepTimeoutError',
      message: 'the step ran longer than its limit of 0.3 s',
      class: 'HeadraceError',
      fields: { stopCause: 'timeout', reason: 'ran longer than its limit of 0.3 s' },
    }),
  },
  'a run exceeds its time limit': {
    source: `
      export const main = pipeline({ name: 'main', project: 'modes', timeoutSeconds: 1 }, async () => await sleep('1h'));`,
    outcome: fails({
      name: 'RunTimeoutError',
      message: 'the run exceeded its limit of 1 s: raise timeoutSeconds, or make its steps shorter',
      class: 'HeadraceError',
    }),
  },
  'dates in logic and steps are in UTC, whatever the zone of the shell is': {
    env: { TZ: 'America/New_York' },
    source: `
      const parts = (): unknown => [new Date('2024-07-01T05:00').getTime(), new Date(0).getHours(), Intl.DateTimeFormat().resolvedOptions().timeZone];
      const inStep = component({}, () => parts());
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => [parts(), await inStep()]);`,
    outcome: completes([
      [1719810000000, 0, 'UTC'],
      [1719810000000, 0, 'UTC'],
    ]),
  },
};
