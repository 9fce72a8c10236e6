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
const asked = fc.record({
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
])('%o on Fargate is %o', (given, pair) => {
  expect(fargatePair(given)).toEqual(pair);
});

test('a pair is one that Fargate has, with at least what was asked for', () => {
  fc.assert(
    fc.property(asked, (given) => {
      const pair = fargatePair(given);
      expect(VALID.get(pair.vcpus)).toContain(pair.memoryMiB);
      expect(pair.vcpus).toBeGreaterThanOrEqual(given.vcpus);
      expect(pair.memoryMiB).toBeGreaterThanOrEqual(given.memoryMiB);
    }),
  );
});

test('beside the container that brings the runner, the task’s pair is valid, each share too, and the step has the memory that it asked for', () => {
  fc.assert(
    fc.property(asked, (given) => {
      fc.pre(given.memoryMiB <= 122_000);
      const { main, init } = fargateShares(given);
      expect(VALID.get(main.vcpus + init.vcpus)).toContain(main.memoryMiB + init.memoryMiB);
      expect([...VALID.keys()]).toEqual(expect.arrayContaining([main.vcpus, init.vcpus]));
      expect(main.memoryMiB).toBeGreaterThanOrEqual(given.memoryMiB);
      expect(main.vcpus + init.vcpus).toBeGreaterThanOrEqual(given.vcpus);
    }),
  );
});

test('more than Fargate has is refused, and the way out named', () => {
  expect(() => fargatePair({ vcpus: 32, memoryMiB: 1024 })).toThrow(ResourcesError);
  expect(() => fargatePair({ vcpus: 1, memoryMiB: 200_000 })).toThrow(/use a queue on EC2/);
});

test('EC2 gives whole vCPUs', () => {
  expect(ec2Pair({ vcpus: 0.5, memoryMiB: 100 })).toEqual({ vcpus: 1, memoryMiB: 100 });
  expect(ec2Pair({ vcpus: 2.5, memoryMiB: 2 })).toEqual({ vcpus: 3, memoryMiB: 4 });
  expect(ec2Shares({ vcpus: 4, memoryMiB: 8000 })).toEqual({
    main: { vcpus: 3, memoryMiB: 8000 },
    init: { vcpus: 1, memoryMiB: 256 },
  });
});

test('a request that was rounded up is noted with both', () => {
  expect(
    roundingNote({ vcpus: 1, memoryMiB: 2048 }, { vcpus: 1, memoryMiB: 2048 }, 'fargate'),
  ).toBeUndefined();
  expect(
    roundingNote({ vcpus: 1, memoryMiB: 9000 }, { vcpus: 2, memoryMiB: 9216 }, 'fargate'),
  ).toBe(
    'requested 1 vCPU and 9000 MiB, rounded up to 2 vCPU and 9216 MiB: Fargate offers certain pairs only',
  );
});
