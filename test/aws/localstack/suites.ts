/**
 * The suites that run on emulators and in accounts, and the reasons why others are excluded.
 *
 * @module
 */

interface Exclusion {
  readonly suite: string;
  readonly reason: string;
}

/** The suites of the ports. */
const PORTS = [
  'test/aws/conformance/ports.test.ts',
  'test/aws/conformance/tasks.test.ts',
  'test/aws/transport/objects.test.ts',
  'test/aws/transport/transitions.test.ts',
];

export const SUITES: readonly string[] = [
  ...PORTS,
  'test/aws/transport/functions.test.ts',
  'test/aws/transport/timers.test.ts',
  'test/aws/deployed/cdk.test.ts',
  'test/aws/deployed/control.test.ts',
  'test/aws/deployed/end-to-end.test.ts',
];

export const EXCLUDED_FROM_EMULATORS: readonly Exclusion[] = [
  {
    suite: 'deployed/containers',
    reason: 'containers do not depend on the emulator: test:aws runs them',
  },
  {
    suite: 'deployed/fan-out',
    reason:
      'LocalStack delivers a queue sequentially, so a thousand results exceed the time budget; end-to-end has a fan-out of twelve',
  },
  {
    suite: 'deployed/logic',
    reason: 'the evaluation of logic does not depend on the emulator: test:aws runs it',
  },
];

export const SUITES_OF_ACCOUNTS: readonly string[] = PORTS;

export const EXCLUDED_FROM_ACCOUNTS: readonly Exclusion[] = [
  {
    suite: 'deployed/*',
    reason:
      'they control the Batch emulator (reclaims, simulated containers, local files); deploy and run the examples by hand: docs/deploying.md',
  },
  {
    suite: 'transport/functions',
    reason: 'it emulates Lambda itself, for functions in its own process',
  },
  { suite: 'transport/timers', reason: 'its schedules use the role and the queue of an emulator' },
];
