/**
 * How long the deployed stack stores objects: the rules of the bucket, and the days that functions
 * know.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { objectExpirations } from '../../src/model/object-layout.ts';
import { resourcesIn, settingsOf, templateOf } from './synthesized.ts';

const bucketSchema = z.looseObject({
  LifecycleConfiguration: z.object({ Rules: z.array(z.record(z.string(), z.unknown())) }),
});

/** The rules by which objects expire. */
function expirationsIn(config: HeadraceConfig) {
  const [bucket] = resourcesIn(templateOf(config), 'AWS::S3::Bucket');
  const { Rules } = bucketSchema.parse(bucket).LifecycleConfiguration;
  return Rules.filter((rule) => 'ExpirationInDays' in rule);
}

describe('the retention of objects', () => {
  it('what runs publish does not expire by default, and everything else of a run does', () => {
    // 90 days of reuse, 30 of activity and one to end, 90 after the end, 7 of margin.
    expect(expirationsIn({})).toEqual([
      { Id: 'expired-runs', Prefix: 'p/', ExpirationInDays: 218, Status: 'Enabled' },
    ]);
  });

  it('the rules of the bucket and the settings of functions follow from the same days', () => {
    const retention = {
      activeDays: 2,
      runDays: 5,
      reuseDays: 400,
      logDays: 7,
      publishedDays: 100,
    } as const;
    const expirations = objectExpirations(retention, 100).map(({ id, prefix, days }) => ({
      Id: id,
      Prefix: prefix,
      ExpirationInDays: days,
      Status: 'Enabled',
    }));
    expect(expirations.map((rule) => [rule.Prefix, rule.ExpirationInDays])).toEqual([
      ['p/', 23],
      ['o/', 100],
    ]);
    expect(expirationsIn({ retention })).toEqual(expirations);
    for (const name of ['api', 'controller', 'router', 'schedules', 'sweeper'])
      expect(settingsOf({ retention }, name).file).toMatchObject({
        retention: { activeDays: 2, runDays: 5, reuseDays: 400 },
      });
  });
});
