import { expect, it } from 'vitest';
import { sweepStaleRuns } from '../../../src/aws/timers/stale-run-sweep.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { aHead, anInfo, runId } from '../../conformance/records.ts';

const DAY_MS = 86_400_000;
const id = runId(1);
const YEAR_MINUTES = 365 * 24 * 60;

it.each([
  ['a run that is active for less than the longest time', 30 * DAY_MS - 1, 0],
  ['a run that is active for too long', 30 * DAY_MS, 1],
])(
  '%s, and whose own sweep is due in a year, is swept %s ms after its creation: %i times',
  async (_, age, times) => {
    const declaration = pipelineDeclarationSchema.parse({
      name: 'iris',
      poolFrequency: YEAR_MINUTES,
    });
    const info = { ...anInfo(id, { declaration }), number: 1 };
    const run = { info, head: aHead(id, { status: 'running' }) };
    const sent: Transition[] = [];
    const swept = await sweepStaleRuns({
      queries: { runs: async ({ status }) => (status === 'running' ? [run] : []) },
      transitions: { send: async (transitions) => void sent.push(...transitions) },
      clock: { now: () => info.createdAt + age },
      maxActiveMs: 30 * DAY_MS,
    });
    expect(swept).toBe(times);
    expect(sent.map(({ kind }) => kind)).toEqual(times === 0 ? [] : ['run.sweep']);
  },
);
