import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ec2Pair,
  ec2Shares,
  fargatePair,
  fargateShares,
  ResourcesError,
  roundingNote,
} from '../../../src/aws/jobs/resources.ts';

const steps = (from: number, to: number, step: number): number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, n) => (from + n * step) * 1024);
const VALID = new Map<number, number[]>([
  [0.25, [512, 1024, 2048]],
  [0.5, steps(1, 4, 1)],
  [1, steps(2, 8, 1)],
  [2, steps(4, 16, 1)],
  [4, steps(8, 30, 1)],
  [8, steps(16, 60, 4)],
  [16, steps(32, 120, 8)],
]);
const requested = fc.record({
  vcpus: fc.double({ min: 0.01, max: 16, noNaN: true }),
  memoryMiB: fc.integer({ min: 1, max: 122_880 }),
});

test.each([
  [
    { vcpus: 1, memoryMiB: 2048 },
    { vcpus: 1, memoryMiB: 2048 },
  ],
  [
    { vcpus: 0.1, memoryMiB: 100 },
    { vcpus: 0.25, memoryMiB: 512 },
  ],
  [
    { vcpus: 1, memoryMiB: 16_384 },
    { vcpus: 2, memoryMiB: 16_384 },
  ],
  [
    { vcpus: 3, memoryMiB: 1000 },
    { vcpus: 4, memoryMiB: 8192 },
  ],
  [
    { vcpus: 8, memoryMiB: 17_000 },
    { vcpus: 8, memoryMiB: 20_480 },
  ],
])('a request for %o is rounded up to %o on Fargate', (given, pair) => {
  expect(fargatePair(given)).toEqual(pair);
});

test('a Fargate pair is valid and has at least the requested resources', () => {
  fc.assert(
    fc.property(requested, (given) => {
      const pair = fargatePair(given);
      expect(VALID.get(pair.vcpus)).toContain(pair.memoryMiB);
      expect(pair.vcpus).toBeGreaterThanOrEqual(given.vcpus);
      expect(pair.memoryMiB).toBeGreaterThanOrEqual(given.memoryMiB);
    }),
  );
});

test('with an init container, the pair of the Fargate task and each share are valid, and the step has the requested memory', () => {
  fc.assert(
    fc.property(requested, (given) => {
      fc.pre(given.memoryMiB <= 122_000);
      const { main, init } = fargateShares(given);
      expect(VALID.get(main.vcpus + init.vcpus)).toContain(main.memoryMiB + init.memoryMiB);
      expect([...VALID.keys()]).toEqual(expect.arrayContaining([main.vcpus, init.vcpus]));
      expect(main.memoryMiB).toBeGreaterThanOrEqual(given.memoryMiB);
      expect(main.vcpus + init.vcpus).toBeGreaterThanOrEqual(given.vcpus);
    }),
  );
});

test('a request above the limits of Fargate is rejected, and the message names EC2', () => {
  expect(() => fargatePair({ vcpus: 32, memoryMiB: 1024 })).toThrow(ResourcesError);
  expect(() => fargatePair({ vcpus: 1, memoryMiB: 200_000 })).toThrow(/use a queue on EC2/);
});

test('vCPUs are rounded up to whole numbers on EC2', () => {
  expect(ec2Pair({ vcpus: 0.5, memoryMiB: 100 })).toEqual({ vcpus: 1, memoryMiB: 100 });
  expect(ec2Pair({ vcpus: 2.5, memoryMiB: 2 })).toEqual({ vcpus: 3, memoryMiB: 4 });
  expect(ec2Shares({ vcpus: 4, memoryMiB: 8000 })).toEqual({
    main: { vcpus: 3, memoryMiB: 8000 },
    init: { vcpus: 1, memoryMiB: 256 },
  });
});

test('the note about rounded resources names the requested and the granted ones', () => {
  expect(
    roundingNote({ vcpus: 1, memoryMiB: 2048 }, { vcpus: 1, memoryMiB: 2048 }, 'fargate'),
  ).toBeUndefined();
  expect(
    roundingNote({ vcpus: 1, memoryMiB: 9000 }, { vcpus: 2, memoryMiB: 9216 }, 'fargate'),
  ).toBe(
    'requested 1 vCPU and 9000 MiB, rounded up to 2 vCPU and 9216 MiB: Fargate offers certain pairs only',
  );
});
