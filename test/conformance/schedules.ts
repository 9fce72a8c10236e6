/**
 * Conformance tests of the port of schedules.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { Firing, Schedule } from '../../src/model/schedule.ts';
import type { AllPortsUnderTest } from './ports.ts';
import { freshPorts } from './ports.ts';
import { runId } from './records.ts';

export const aSchedule = (over: Partial<Schedule> = {}): Schedule => ({
  project: 'examples',
  pipeline: 'iris',
  name: 'nightly',
  args: { url: 'https://example.org', sizes: [1, 2] },
  tags: ['night'],
  paused: false,
  missed: 'skip',
  cron: '0 3 * * *',
  timeZone: 'Europe/Berlin',
  declared: false,
  revision: 1,
  createdAt: 10,
  activeSince: 10,
  position: 10,
  ...over,
});

export const aFiring = (over: Partial<Firing> = {}): Firing => ({
  key: '2026-01-01T03:00:00.000Z',
  values: { due: '2026-01-01T03:00:00.000Z' },
  at: 20,
  outcome: { status: 'starting', run: runId(1) },
  ...over,
});

export function schedulesConformance(
  makePorts: () => Promise<Pick<AllPortsUnderTest, 'schedules' | 'close'>>,
): void {
  describe('schedules', () => {
    const ports = freshPorts(makePorts);

    test('a schedule is read as it was written, and is removed with its firings', async () => {
      const { schedules } = ports();
      expect(await schedules.schedule(aSchedule())).toBeUndefined();
      expect(await schedules.write(aSchedule(), null)).toBe(true);
      expect(await schedules.schedule(aSchedule())).toEqual(aSchedule());
      expect(await schedules.schedule({ project: 'other', name: 'nightly' })).toBeUndefined();
      await schedules.claim(aSchedule(), aFiring());
      expect(await schedules.remove(aSchedule())).toBe(true);
      expect(await schedules.remove(aSchedule())).toBe(false);
      expect(await schedules.schedule(aSchedule())).toBeUndefined();
      expect(await schedules.firings(aSchedule(), 10)).toEqual([]);
    });

    test('a change of a schedule that another change overtook is refused', async () => {
      const { schedules } = ports();
      await schedules.write(aSchedule(), null);
      expect(await schedules.write(aSchedule({ tags: ['late'] }), null)).toBe(false);
      expect(await schedules.write(aSchedule({ revision: 2, paused: true }), 1)).toBe(true);
      expect(await schedules.write(aSchedule({ revision: 2, tags: ['late'] }), 1)).toBe(false);
      expect(await schedules.schedule(aSchedule())).toEqual(
        aSchedule({ revision: 2, paused: true }),
      );
      await schedules.remove(aSchedule());
      expect(await schedules.write(aSchedule({ revision: 3 }), 2)).toBe(false);
    });

    test('of changes of one schedule at the same time, one is written', async () => {
      const { schedules } = ports();
      const written = await Promise.all(
        ['a', 'b', 'c'].map((tag) => schedules.write(aSchedule({ tags: [tag] }), null)),
      );
      expect(written.filter(Boolean)).toHaveLength(1);
    });

    test('the position of a schedule only rises, also beside a change', async () => {
      const { schedules } = ports();
      await schedules.advance(aSchedule(), 50);
      expect(await schedules.schedule(aSchedule())).toBeUndefined();
      await schedules.write(aSchedule(), null);
      await schedules.advance(aSchedule(), 50);
      await schedules.advance(aSchedule(), 40);
      expect(await schedules.schedule(aSchedule())).toEqual(aSchedule({ position: 50 }));
      expect(await schedules.write(aSchedule({ revision: 2, position: 60 }), 1)).toBe(true);
      expect((await schedules.schedule(aSchedule()))?.position).toBe(60);
    });

    test('schedules are listed in pages by project and name', async () => {
      const { schedules } = ports();
      for (const [project, name] of [
        ['b', 'x'],
        ['a', 'y'],
        ['a', 'x'],
        ['a/b', 'x'],
      ] as const)
        await schedules.write(aSchedule({ project, name }), null);
      const listed = async (page: Parameters<typeof schedules.schedules>[0]) =>
        (await schedules.schedules(page)).map(({ project, name }) => `${project} ${name}`);
      expect(await listed({ limit: 10 })).toEqual(['a x', 'a y', 'a/b x', 'b x']);
      expect(await listed({ limit: 2, after: { project: 'a', name: 'x' } })).toEqual([
        'a y',
        'a/b x',
      ]);
      expect(await listed({ limit: 10, project: 'a' })).toEqual(['a x', 'a y']);
      expect(await listed({ limit: 10, project: 'a', after: { project: 'a', name: 'y' } })).toEqual(
        [],
      );
    });

    test('the first claim of a firing decides its run', async () => {
      const { schedules } = ports();
      const claims = await Promise.all(
        [1, 2, 3].map((n) =>
          schedules.claim(aSchedule(), aFiring({ outcome: { status: 'starting', run: runId(n) } })),
        ),
      );
      const [first] = claims;
      expect(claims).toEqual([first, first, first]);
      const other = aFiring({ key: '2026-01-02T03:00:00.000Z' });
      expect(await schedules.claim(aSchedule(), other)).toEqual(other);
      expect(await schedules.claim({ project: 'other', name: 'nightly' }, other)).toEqual(other);
    });

    test('a settled firing keeps its outcome at a later claim', async () => {
      const { schedules } = ports();
      await schedules.claim(aSchedule(), aFiring());
      await schedules.settle(aSchedule(), aFiring().key, { status: 'started', run: runId(1) });
      await schedules.settle(aSchedule(), 'unknown', { status: 'failed', reason: 'none' });
      expect(
        await schedules.claim(
          aSchedule(),
          aFiring({ outcome: { status: 'starting', run: runId(2) } }),
        ),
      ).toEqual(aFiring({ outcome: { status: 'started', run: runId(1) } }));
    });

    test('firings are listed by key, last first', async () => {
      const { schedules } = ports();
      const keys = ['2026-01-03', '2026-01-01', '2026-01-02'];
      for (const key of keys) await schedules.claim(aSchedule(), aFiring({ key }));
      expect((await schedules.firings(aSchedule(), 2)).map(({ key }) => key)).toEqual([
        '2026-01-03',
        '2026-01-02',
      ]);
      expect(await schedules.firings({ project: 'other', name: 'nightly' }, 2)).toEqual([]);
    });
  });
}
