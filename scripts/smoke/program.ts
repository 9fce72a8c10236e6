/**
 * Runs checks on a place, reports what held with evidence, and removes everything.
 *
 * 1. Whatever happens in a check, the deployment is destroyed at the end, unless the caller keeps
 *    it.
 * 2. A claim that was not examined is never reported as held.
 *
 * @module
 */
import { type Check, Impossible, type Outcome, type Result } from './check.ts';
import type { Site } from './site.ts';

export interface SmokeOptions {
  readonly site: Site;
  readonly checks: readonly Check[];
  /** Leaves the deployment, for a closer look. */
  readonly keep?: boolean;
  /** Stops the checks, not the removal. */
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

/** The check that creates the deployment itself. */
const CREATES = 'first-deployment';

export async function runSmoke(options: SmokeOptions): Promise<readonly Result[]> {
  const { site, checks, keep = false, signal, note } = options;
  const results: Result[] = [];
  try {
    if (checks.length > 0 && checks[0]?.name !== CREATES) await site.deploy(site.config);
    for (const check of checks) {
      if (signal.aborted) break;
      note(`${check.name}: ${check.claim}`);
      const result = await examine(check, site, signal);
      note(
        `  ${result.status}${result.status === 'held' ? '' : `: ${result.evidence.join('; ')}`}`,
      );
      results.push(result);
      // Every later check would fail for this reason.
      if (check.name === CREATES && result.status === 'failed') break;
    }
  } catch (error) {
    results.push(resultOf(DEPLOYMENT, { status: 'failed', evidence: [textOf(error)] }, Date.now()));
  } finally {
    if (!keep) results.push(await removeAll(site, note));
    await site.close().catch((error: unknown) => note(textOf(error)));
  }
  return results;
}

const DEPLOYMENT = { name: 'deployment', claim: 'the stack is deployed', dollars: 0 };
const REMOVAL = { name: 'removal', claim: 'nothing of the deployment is left', dollars: 0 };

async function examine(check: Check, site: Site, signal: AbortSignal): Promise<Result> {
  const startedAt = Date.now();
  const lacking = check.needs.flatMap((need) => site.lacks(need) ?? []);
  if (lacking.length > 0)
    return resultOf(check, { status: 'not possible here', evidence: lacking }, startedAt);
  try {
    const evidence = await check.run(site, signal);
    if (evidence.length === 0) throw new Error('there is no evidence');
    return resultOf(check, { status: 'held', evidence }, startedAt);
  } catch (error) {
    const status = error instanceof Impossible ? 'not possible here' : 'failed';
    return resultOf(check, { status, evidence: [textOf(error)] }, startedAt);
  }
}

/** The stack may be destroyed, and its data remains: both are removed, then listed once more. */
async function removeAll(site: Site, note: (line: string) => void): Promise<Result> {
  const startedAt = Date.now();
  try {
    await site.destroy();
    const found = await site.leftovers();
    for (const { name, remove } of found) {
      note(`removes ${name}`);
      await remove();
    }
    const remaining = await site.leftovers();
    if (remaining.length > 0)
      throw new Error(`these remain: ${remaining.map(({ name }) => name).join(', ')}`);
    const kept = found.map(({ name }) => name);
    return resultOf(
      REMOVAL,
      {
        status: 'held',
        evidence: [
          `after the stack: ${kept.length === 0 ? 'nothing' : kept.join(', ')}; then nothing`,
        ],
      },
      startedAt,
    );
  } catch (error) {
    const evidence = [textOf(error), 'remove the rest with:', ...site.manualRemoval];
    return resultOf(REMOVAL, { status: 'failed', evidence }, startedAt);
  }
}

const resultOf = (
  { name, claim, dollars }: Pick<Check, 'name' | 'claim' | 'dollars'>,
  outcome: Outcome,
  startedAt: number,
): Result => ({
  name,
  claim,
  ...outcome,
  seconds: Math.round((Date.now() - startedAt) / 1000),
  dollars: outcome.status === 'not possible here' ? 0 : dollars,
});

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
