import { describe, expect, it } from 'vitest';
import { runStatistics } from '../../../../console/src/screens/pipeline/run-statistics.ts';
import {
  changesText,
  versionChanges,
} from '../../../../console/src/screens/pipeline/version-changes.ts';
import type { VersionDocument } from '../../../../src/wire/pipelines.ts';

const version = (changes: Partial<VersionDocument>): VersionDocument => ({
  version: '1.0.0',
  codeHash: 'a'.repeat(64),
  createdAt: null,
  project: 'demo',
  pipeline: 'iris',
  runnable: true,
  signature: { style: 'positional', rest: false, parameters: [] },
  declaration: null,
  defaultQueue: null,
  inputs: [],
  components: [],
  ...changes,
});

const component = (name: string, codeHash: string, zod = '3.5.0') => ({
  id: `src/steps.ts#${name}`,
  name,
  codeHash,
  size: 100,
  packages: [{ name: 'zod', version: zod }],
});

const parameter = (name: string, defaultText?: string) => ({
  name,
  type: { kind: 'number' } as const,
  optional: defaultText !== undefined,
  ...(defaultText !== undefined && { defaultText }),
});

describe('what changed between two versions of a pipeline', () => {
  it('names components, parameters, packages and the default queue', () => {
    const changes = versionChanges(
      version({
        components: [component('train', 'old'), component('report', 'same')],
        signature: {
          style: 'positional',
          rest: false,
          parameters: [parameter('depth', '6'), parameter('seed')],
        },
      }),
      version({
        components: [component('train', 'new', '3.6.0'), component('calibrate', 'x', '3.6.0')],
        signature: {
          style: 'positional',
          rest: false,
          parameters: [parameter('depth', '8'), parameter('since')],
        },
        defaultQueue: 'gpu',
      }),
    );
    expect(changesText(changes)).toBe(
      'train (code), − report, + calibrate, parameter depth number = 6 → number = 8, − parameter seed, + parameter since, zod 3.5.0 → 3.6.0, default queue none → gpu',
    );
  });

  it('equal versions have no changes', () => {
    expect(versionChanges(version({}), version({ version: '1.0.1' }))).toEqual([]);
  });
});

const run = (status: 'completed' | 'failed' | 'aborted' | 'running', seconds: number) => ({
  status,
  startedAt: '2026-11-28T08:00:00.000Z',
  endedAt:
    status === 'running' ? null : new Date(Date.UTC(2026, 10, 28, 8, 0, seconds)).toISOString(),
});

describe('the last runs of a pipeline in numbers', () => {
  it('aborted and running runs count neither as successes nor as failures', () => {
    expect(
      runStatistics([run('completed', 4), run('failed', 9), run('aborted', 1), run('running', 0)]),
    ).toEqual({ successRate: 0.5, medianMs: 4000 });
  });

  it('the median is that of completed runs', () => {
    expect(
      runStatistics([run('completed', 9), run('completed', 1), run('completed', 3)]).medianMs,
    ).toBe(3000);
  });

  it('without an ended run there are no numbers', () => {
    expect(runStatistics([run('running', 0)])).toEqual({
      successRate: undefined,
      medianMs: undefined,
    });
  });
});
