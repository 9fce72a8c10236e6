/**
 * The smoke test's own rules: what it reports, and that it always removes what it deployed.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Check, Impossible } from '../../../scripts/smoke/check.ts';
import { CHECKS } from '../../../scripts/smoke/checks/all.ts';
import { isOwned, leftoversOf } from '../../../scripts/smoke/leftovers.ts';
import { runSmoke } from '../../../scripts/smoke/program.ts';
import { documentOf, exitCodeOf, reportOf } from '../../../scripts/smoke/report.ts';
import type { Site } from '../../../scripts/smoke/site.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/smoke/main.ts', import.meta.url));

/** A place that records its calls. @param stuck names that no removal removes */
function aSite(changes: Partial<Site> = {}, stuck: readonly string[] = []) {
  const calls: string[] = [];
  let left = ['table smoke-1a-tasks', ...stuck];
  const site: Site = {
    description: 'nowhere',
    prefix: 'smoke-1a',
    region: 'us-east-1',
    config: {},
    environment: {},
    manualRemoval: ['npm run smoke -- --only none'],
    lacks: () => undefined,
    deployBroken: async () => 'WaitCondition',
    deploy: async () => {
      calls.push('deploy');
      return 'https://api.example';
    },
    resources: async () => new Map(),
    endpoint: () => 'https://api.example',
    destroy: async () => {
      calls.push('destroy');
    },
    leftovers: async () =>
      left.map((name) => ({
        name,
        async remove() {
          calls.push(`remove ${name}`);
          left = left.filter((each) => each !== name || stuck.includes(each));
        },
      })),
    client: () => ({}),
    close: async () => {
      calls.push('close');
    },
    ...changes,
  };
  return { site, calls };
}

const aCheck = (name: string, run: Check['run'], needs: Check['needs'] = []): Check => ({
  name,
  claim: `the claim of ${name}`,
  needs,
  dollars: 0.01,
  run,
});
const holds = aCheck('holds', async () => ['job arn:1']);
const fails = aCheck('fails', async () => {
  throw new Error('it does not hold');
});

const smoke = (
  site: Site,
  checks: readonly Check[],
  options: { readonly keep?: boolean; readonly signal?: AbortSignal } = {},
) =>
  runSmoke({
    site,
    checks,
    keep: options.keep ?? false,
    signal: options.signal ?? new AbortController().signal,
    note: () => undefined,
  });

describe('the smoke test', () => {
  it('a failing check makes the exit code 1; the others run, and the deployment is destroyed', async () => {
    const { site, calls } = aSite();
    const results = await smoke(site, [fails, holds]);
    expect(results.map(({ name, status }) => [name, status])).toEqual([
      ['fails', 'failed'],
      ['holds', 'held'],
      ['removal', 'held'],
    ]);
    expect(results[0]?.evidence).toEqual(['it does not hold']);
    expect(calls).toEqual(['deploy', 'destroy', 'remove table smoke-1a-tasks', 'close']);
    expect(exitCodeOf(results)).toBe(1);
    expect(exitCodeOf(results.slice(1))).toBe(0);
  });

  it('a deployment that fails is reported and destroyed, and no check runs', async () => {
    const { site, calls } = aSite({
      deploy: async () => {
        throw new Error('quota');
      },
    });
    const results = await smoke(site, [holds]);
    expect(results.map(({ name, status }) => [name, status])).toEqual([
      ['deployment', 'failed'],
      ['removal', 'held'],
    ]);
    expect(calls).toContain('destroy');
  });

  it('a claim that cannot be examined is not held and does not run', async () => {
    const { site } = aSite({ lacks: (need) => (need === 'gpus' ? 'there are none' : undefined) });
    const results = await smoke(site, [
      aCheck('gpu', () => Promise.reject(new Error('unreachable')), ['gpus']),
      aCheck('quota', async () => {
        throw new Impossible('the quota is 0');
      }),
    ]);
    expect(
      results.slice(0, 2).map(({ status, evidence, dollars }) => [status, evidence, dollars]),
    ).toEqual([
      ['not possible here', ['there are none'], 0],
      ['not possible here', ['the quota is 0'], 0],
    ]);
    expect(exitCodeOf(results)).toBe(0);
  });

  it('a check without evidence has failed', async () => {
    const [result] = await smoke(aSite().site, [aCheck('silent', async () => [])]);
    expect(result).toMatchObject({ status: 'failed', evidence: ['there is no evidence'] });
  });

  it('what cannot be removed fails with the command that removes it', async () => {
    const { site } = aSite({}, ['bucket smoke-1a-objects']);
    const results = await smoke(site, [holds]);
    expect(results.at(-1)).toMatchObject({
      name: 'removal',
      status: 'failed',
      evidence: [
        'these remain: bucket smoke-1a-objects',
        'remove the rest with:',
        'npm run smoke -- --only none',
      ],
    });
    expect(exitCodeOf(results)).toBe(1);
  });

  it('an interruption skips the remaining checks and destroys the deployment', async () => {
    const { site, calls } = aSite();
    const interruption = new AbortController();
    const interrupted = aCheck('interrupted', async () => {
      interruption.abort();
      throw new Error('interrupted');
    });
    const results = await smoke(site, [interrupted, holds], { signal: interruption.signal });
    expect(results.map(({ name }) => name)).toEqual(['interrupted', 'removal']);
    expect(calls).toContain('destroy');
  });

  it('a kept deployment is not destroyed', async () => {
    const { site, calls } = aSite();
    await smoke(site, [holds], { keep: true });
    expect(calls).toEqual(['deploy', 'close']);
  });

  it('without checks it only removes', async () => {
    const { site, calls } = aSite();
    expect((await smoke(site, [])).map(({ name }) => name)).toEqual(['removal']);
    expect(calls).not.toContain('deploy');
  });

  it('the report has a row and the evidence of each check, and the sum', async () => {
    const results = await smoke(aSite().site, [holds, fails]);
    const text = reportOf(results, 'nowhere').join('\n');
    expect(text).toMatch(/holds +held +\S+ ms +the claim of holds/);
    expect(text).toContain('holds:\n  job arn:1');
    expect(text).toContain('nowhere: 2 held, 1 failed, 0 not possible here; about $0.02');
    expect(documentOf(results, 'nowhere')).toMatchObject({ held: 2, failed: 1, dollars: 0.02 });
  });

  it('names of another prefix are not owned, and another prefix is refused', async () => {
    expect(isOwned('smoke-1a-HeadraceStorage', 'smoke-1a')).toBe(true);
    expect(isOwned('/smoke-1a/steps', 'smoke-1a')).toBe(true);
    expect(isOwned('smoke-1ab-HeadraceStorage', 'smoke-1a')).toBe(false);
    expect(isOwned('my-smoke-1a', 'smoke-1a')).toBe(false);
    await expect(leftoversOf(aSite({ prefix: 'headrace' }).site)).rejects.toThrow(
      'no prefix of the smoke test',
    );
  });

  it('all checks cost less than $2', () => {
    expect(CHECKS.reduce((sum, { dollars }) => sum + dollars, 0)).toBeLessThan(1);
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
  });

  it.each<[string, readonly string[], string]>([
    ['no account', [], '--profile names the account'],
    ['a foreign prefix', ['--emulator', '--prefix', 'headrace'], '--prefix headrace'],
  ])('%s is wrong usage: exit code 2', { timeout: 60_000 }, async (_case, args, message) => {
    const ended = promisify(execFile)(process.execPath, ['--import', 'tsx', MAIN, ...args]);
    await expect(ended).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});
