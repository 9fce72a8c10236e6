import { describe, expect, it } from 'vitest';
import { component, currentStep } from '../../../src/index.ts';
import {
  MAX_ATTEMPT_POINTS,
  MAX_ATTEMPT_TEXTS,
  MAX_STEP_ARTIFACTS,
  MAX_STEP_OUTPUT_BYTES,
  MAX_STORED_REPORTS_BYTES,
} from '../../../src/model/limits.ts';
import type { RunnerMessage } from '../../../src/model/spec.ts';
import { storedReports } from '../../../src/runner/stored-reports.ts';
import { ReportLimits } from '../../../src/sdk/report-limits.ts';
import { runId } from '../../conformance/records.ts';
import { report as debugReport } from '../sdk/debug-harness.ts';
import { attempt, errorOf, runtime } from './attempt.ts';

type Call = () => unknown;
const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });

/** Calls of a step that exceed a limit, and the error's text. */
const EXCESSES: readonly [string, Call, RegExp][] = [
  [
    'a long title',
    () => currentStep().logger.reportScalar('t'.repeat(257), 's', 1, 1),
    /the title has 257 characters, and it may have 256: give the metric a shorter name/,
  ],
  [
    'large metadata',
    () => currentStep().uploadArtifact('a', 1, { metadata: { text: 'x'.repeat(65_536) } }),
    /the metadata of artifact "a" has 65547 bytes as JSON, and it may have 65536: store the data as an artifact/,
  ],
  [
    'deep metadata',
    () => currentStep().uploadArtifact('a', 1, { metadata: { a: nested(40) } }),
    /at more than 32 levels, and it may have 32/,
  ],
  [
    'a long framework',
    () => currentStep().uploadModel('m', 'package.json', { framework: 'f'.repeat(129) }),
    /the framework of model "m" has 129 characters, and it may have 128/,
  ],
  [
    'a long name',
    () => currentStep().uploadArtifact('n'.repeat(129), 1),
    /needs a name of 1 to 128 characters/,
  ],
];

describe('a call of a step that exceeds a limit', () => {
  it.each(EXCESSES)(
    '%s fails the step with the limit, the value and the remedy',
    async (_, call, text) => {
      const done = await attempt(call);
      expect(done.exitCode).toBe(1);
      expect(errorOf(done).message).toMatch(text);
    },
  );

  it.each(EXCESSES)('%s fails the step in debug mode alike', async (_, call, text) => {
    const limited = component({ name: 'limited' }, async () => {
      await call();
    });
    const run = await debugReport(async () => {
      await limited();
    });
    expect(run.status).toBe('failed');
    expect(String(run.steps[0]?.error)).toMatch(text);
  });

  it('the step goes on if its code catches the error', async () => {
    const done = await attempt(async () => {
      await runtime()
        .uploadArtifact('a', 1, { metadata: { text: 'x'.repeat(65_536) } })
        .catch(() => undefined);
      return 'done';
    });
    expect(done.exitCode).toBe(0);
    expect(done.reports).toEqual([]);
  });

  it('an error with a message of megabytes fails the step with the start of it', async () => {
    const done = await attempt(() => {
      throw new Error('x'.repeat(5_000_000));
    });
    expect(errorOf(done).message).toHaveLength(20_000);
    expect(errorOf(done).message).toMatch(/x… \(5000000 characters in all\)$/);
  });
});

describe('the limits of an attempt', () => {
  it('points, texts and artifacts are counted, and the first one above the limit is refused', () => {
    const limits = new ReportLimits();
    for (let n = 0; n < MAX_ATTEMPT_POINTS; n += 1) limits.point('t', 's', 1, n);
    expect(() => limits.point('t', 's', 1, 1)).toThrow(
      'this is point 1,000,001 of the attempt, and an attempt may report 1,000,000',
    );
    const texts = new ReportLimits();
    for (let n = 0; n < MAX_ATTEMPT_TEXTS; n += 1) texts.text('t');
    expect(() => texts.text('t')).toThrow('this is text 100,001 of the attempt');
    for (const owner of ['step', 'run'] as const) {
      for (let n = 0; n < MAX_STEP_ARTIFACTS; n += 1)
        limits.addOutput(owner, 'artifact', { name: `a${n}` });
      limits.addOutput(owner, 'artifact', { name: 'a0' });
      expect(() => limits.checkCount(owner, 'artifact', 'b')).toThrow(
        `artifact "b" is number 10,001 of the ${owner}, and a ${owner} may have 10,000: upload a folder`,
      );
    }
  });

  it('the sizes of all texts and of all records are bounded, and a replaced record counts once', () => {
    const texts = new ReportLimits();
    const text = 'x'.repeat(65_536);
    for (let n = 0; n < 2048; n += 1) texts.text(text);
    expect(() => texts.text('x')).toThrow(
      'the points, texts and plots of the attempt have 134,217,729',
    );
    const outputs = new ReportLimits();
    const record = { name: 'a', text: 'x'.repeat(MAX_STEP_OUTPUT_BYTES / 2) };
    for (let n = 0; n < 4; n += 1) outputs.addOutput('step', 'artifact', record);
    expect(() => outputs.addOutput('run', 'model', record)).toThrow(/may have 4,194,304: upload/);
  });
});

describe('the reports that no queue accepted', () => {
  const report = (sequence: number, text: string): RunnerMessage => ({
    kind: 'reported',
    run: runId(1),
    call: 0,
    attempt: 1,
    job: 'j',
    token: 't',
    at: 1,
    sequence,
    report: {
      points: [],
      texts: [{ text, at: 1 }],
      artifacts: [
        {
          name: `a${sequence}`,
          type: 'json',
          size: 1,
          hash: 'ab'.repeat(32),
          preview: '',
          value: { format: 'json', text: '1' },
          createdAt: 1,
        },
      ],
      models: [],
      onRun: { artifacts: [], models: [] },
    },
  });

  it('as many texts as there is room for are stored, and all artifacts', () => {
    const logged: string[] = [];
    const text = 'x'.repeat(65_536);
    const messages = Array.from({ length: 500 }, (_, n) => report(n, text));
    const stored = storedReports(messages, (line) => logged.push(line));
    expect(stored?.byteLength).toBeLessThanOrEqual(MAX_STORED_REPORTS_BYTES);
    expect(stored?.byteLength).toBeGreaterThan(MAX_STORED_REPORTS_BYTES - 100_000);
    const parsed: { report: { texts: unknown[]; artifacts: { name: string }[] } }[] = JSON.parse(
      String(stored),
    );
    expect(parsed.map(({ report: { artifacts } }) => artifacts[0]?.name)).toEqual(
      messages.map((_, n) => `a${n}`),
    );
    const kept = parsed.filter(({ report: { texts } }) => texts.length > 0).length;
    expect(kept).toBeGreaterThan(370);
    expect(logged).toEqual([
      expect.stringContaining(`points, texts and plots of ${500 - kept} reports`),
    ]);
    expect(storedReports([report(0, 'a')])).toEqual(Buffer.from(JSON.stringify([report(0, 'a')])));
    expect(storedReports([])).toBeUndefined();
  });
});
