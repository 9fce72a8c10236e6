/**
 * Months of a deployment whose data expires, with cache hits, reruns, resumes and removals at every
 * age: everything that is still referenced exists. The same months with other numbers show that
 * these checks find what is missing.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { removeRun } from '../../../src/controller/run/run-removal.ts';
import { objectExpirations, PROJECTS_PREFIX } from '../../../src/model/object-layout.ts';
import { daysToMs, objectDays, type Retention } from '../../../src/model/retention.ts';
import { isTerminalRun } from '../../../src/model/run.ts';
import type { Script } from '../../unit/controller/logic.ts';
import { Random, roll } from '../random.ts';
import { Deployment, type DeploymentOptions, HOUR_MS } from './deployment.ts';
import { References } from './references.ts';

const LARGE_TEXT = 'an argument that is stored as an object. '.repeat(200);

const script: Script = {
  components: { load: { cache: true }, words: { cache: true }, clean: {}, train: {}, report: {} },
  main: async (logic) => {
    const data = logic.call('load', LARGE_TEXT);
    const clean = logic.call('clean', data, logic.call('words'), LARGE_TEXT);
    await logic.call('train', clean, LARGE_TEXT);
    await logic.call('report', clean, LARGE_TEXT);
    return LARGE_TEXT;
  },
};

const MARGIN_DAYS = 7;
const SHORT: Retention = { activeDays: 10, runDays: 20, reuseDays: 15 };
const DEFAULTS: Retention = { activeDays: 30, runDays: 90, reuseDays: 90 };
/** No time for reuse after the end of a long run, and records that expire before it. */
const SHORT_REUSE: Retention = { activeDays: 12, runDays: 3, reuseDays: 2 };
/** Records expire before the time for reuse is over. */
const LONG_REUSE: Retention = { activeDays: 2, runDays: 2, reuseDays: 60 };

interface World {
  readonly seed: number;
  readonly retention: Retention;
  readonly actions?: number;
  readonly with?: Pick<DeploymentOptions, 'objectRules' | 'limits'>;
}

/** Performs random actions of users, with hours to weeks between them. */
async function live({ seed, retention, actions = 60, with: options }: World) {
  const random = new Random(seed);
  const deployment = new Deployment({
    retention,
    script,
    planOf: ({ run, call, attempt }) => {
      const luck = roll(seed, run, call, attempt);
      const days = luck < 0.8 ? 0 : roll(seed, run, call, 'days') * retention.activeDays * 1.3;
      return { days, fails: roll(seed, run, call, attempt, 'fails') < 0.12 };
    },
    ...options,
  });
  const references = new References(deployment, retention);
  const count = { starts: 0, reruns: 0, resumes: 0, removals: 0 };
  const lifetimeDays = retention.runDays + retention.activeDays;
  for (let action = 0; action < actions; action += 1) {
    const runs = await deployment.runs();
    const ended = runs.filter(({ head }) => isTerminalRun(head.status));
    const choice = random.next();
    if (choice < 0.38 || ended.length === 0) {
      count.starts += 1;
      await deployment.start();
    } else if (choice < 0.7) {
      // The newest ones, so that chains of reruns arise, or any.
      const source = random.chance(0.6) ? (ended[0] ?? random.pick(ended)) : random.pick(ended);
      const steps = await deployment.queries.allSteps(source.info.id);
      const names = steps.map(({ name }) => name).filter((name) => name in script.components);
      if (names.length === 0) continue;
      count.reruns += 1;
      await deployment.rerun(source, random.pick(names), random.chance(0.7));
    } else if (choice < 0.88) {
      const source = random.pick(ended);
      if (source.head.status === 'completed') continue;
      count.resumes += 1;
      await deployment.resume(source);
    } else {
      const { info } = random.pick(ended);
      count.removals += 1;
      await removeRun({ ...deployment, removal: deployment.tasks }, info);
      references.forget(info.id);
    }
    if (random.chance(0.3)) deployment.replaceProcess();
    const pause = random.chance(0.15) ? daysToMs(lifetimeDays * random.next() * 0.4) : 0;
    for (let left = pause + random.int(1, 60) * HOUR_MS; left > 0; left -= 30 * HOUR_MS) {
      await deployment.advance(Math.min(left, 30 * HOUR_MS));
      await references.check();
    }
  }
  return { ...count, ...references.counts };
}

/** The first thing that is missing in some worlds; undefined if nothing is. */
async function firstMissing(worlds: readonly World[]): Promise<string | undefined> {
  for (const world of worlds) {
    const missing = await live(world).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (missing !== undefined) return missing;
  }
  return undefined;
}

const SEEDS = [1, 2, 3, 4, 5, 6];
const worldsWith = (options: World['with'], retention = SHORT): readonly World[] =>
  SEEDS.map((seed) => ({ seed, retention, ...(options && { with: options }) }));
const rulesWith = (days: number) => ({
  objectRules: [{ id: 'expired-runs', prefix: PROJECTS_PREFIX, days }],
});

/** The rules of the stack without their margin: these clocks agree, and nothing is late. */
const exactRules = (retention: Retention) =>
  objectExpirations(retention, null).map((rule) => ({ ...rule, days: rule.days - MARGIN_DAYS }));

describe('months of a deployment whose data expires', { timeout: 120_000 }, () => {
  it.each([
    ['the defaults', DEFAULTS, 1],
    ['short times', SHORT, 2],
    ['a short time for reuse', SHORT_REUSE, 2],
    ['a long time for reuse', LONG_REUSE, 2],
  ] as const)('everything that is referenced exists, with %s', async (_, retention, worlds) => {
    const total: Record<string, number> = {};
    for (const seed of SEEDS.slice(0, worlds)) {
      const counts = await live({ seed, retention, with: { objectRules: exactRules(retention) } });
      for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
    }
    // Otherwise these worlds would check less than they claim.
    expect(Object.keys(total)).toHaveLength(10);
    expect(Object.entries(total).filter(([, count]) => count < 3)).toEqual([]);
  });

  it('the rule of earlier versions, by which objects expire a week after their run, deletes what is referenced', async () => {
    expect(await firstMissing(worldsWith(rulesWith(SHORT.runDays + 7)))).toMatch(/has expired/);
  });

  it('without a limit for reuse, chains of reruns refer to objects that have expired', async () => {
    const unlimited = { limits: { adoptableMs: Number.POSITIVE_INFINITY } };
    expect(await firstMissing(worldsWith(unlimited))).toMatch(/has expired/);
  });

  it('what runs publish is missing if it expires as everything else does', async () => {
    const objectRules = objectExpirations(SHORT, objectDays(SHORT));
    expect(await firstMissing(worldsWith({ objectRules }))).toMatch(/published it, refers to o\//);
  });

  it('without a limit for active runs, records expire while their run is active', async () => {
    const unlimited = { limits: { maxActiveMs: Number.POSITIVE_INFINITY } };
    expect(await firstMissing(worldsWith(unlimited))).toMatch(/is active for too long/);
  });

  it('objects that expire without the margin and the days of reuse are missing', async () => {
    const days = objectDays(SHORT) - MARGIN_DAYS - SHORT.reuseDays;
    expect(await firstMissing(worldsWith(rulesWith(days)))).toMatch(/has expired/);
  });
});
