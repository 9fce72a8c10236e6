/**
 * Which suites run where, and why some do not.
 *
 * @module
 */

interface LeftOut {
  readonly suite: string;
  readonly why: string;
}

/** Of the ports. */
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

export const LEFT_OUT_OF_EMULATORS: readonly LeftOut[] = [
  {
    suite: 'deployed/containers',
    why: 'what containers do does not depend on the emulator: test:aws runs them',
  },
  {
    suite: 'deployed/fan-out',
    why: 'a thousand results take LocalStack, which hands over a queue in one line, past the budget; end-to-end has a fan-out of twelve',
  },
  {
    suite: 'deployed/logic',
    why: 'where logic is evaluated does not depend on the emulator: test:aws runs it',
  },
];

export const SUITES_OF_ACCOUNTS: readonly string[] = PORTS;

export const LEFT_OUT_OF_ACCOUNTS: readonly LeftOut[] = [
  {
    suite: 'deployed/*',
    why: "they hold the Batch emulator's reins (reclaims, stand-ins, files of this machine); deploy and run the examples by hand: docs/deploying.md",
  },
  { suite: 'transport/functions', why: 'it plays Lambda itself, for functions in its own process' },
  { suite: 'transport/timers', why: "its schedules name an emulator's role and queue" },
];
