import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openLocalEngine } from '../../../src/engine/local-engine.ts';
import { describeLogic } from '../../../src/evaluator/describe-logic.ts';
import { runIdSchema } from '../../../src/model/ids.ts';
import type { Jobs } from '../../../src/ports/jobs.ts';
import type { Transitions } from '../../../src/ports/transitions.ts';
import { OptionError } from '../../../src/sdk/errors.ts';
import { ControllerHarness } from '../controller/harness.ts';
import { logicOf, runInfo } from '../evaluator/logic.ts';
import { temporaryHomes } from '../local/home.ts';

const { home } = temporaryHomes();

const ODD_NAMES = [
  '-x',
  '..',
  '.',
  '/',
  'a/b',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  "'; DROP TABLE steps; --",
  '%00',
  'a b',
  '\u202egnp',
  '\u{1f600}',
  'e\u0301',
  'ａ',
  'C:',
  'nul',
  '*',
  '?',
  '"',
  '$(x)',
  '\ufffd',
  'a_1',
  'a_1_1',
  'x'.repeat(128),
];
const oddName = fc.oneof(
  fc.constantFrom(...ODD_NAMES),
  fc.constantFrom('a', 'a ', ' a', 'a\t', 'a\u00a0', '\ud800', '\0', '#', '\\', ''),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.stringMatching(/^a(_[0-9]{1,2}){0,2}$/),
);

/** Jobs that complete at once. */
const instantJobs = ({ transitions }: { readonly transitions: Transitions }): Jobs => ({
  async submit({ name, specs }) {
    await transitions.send(
      specs.flatMap(({ run, call, attempt, token, returnValues }, index) => {
        const sender = { run, call, attempt, token, job: `${name}:${index}`, at: Date.now() };
        return [
          { kind: 'started' as const, ...sender },
          {
            kind: 'finished' as const,
            ...sender,
            outcome: {
              ok: true as const,
              values: returnValues.map(() => ({ format: 'json' as const, text: '1' })),
              artifacts: [],
            },
          },
        ];
      }),
    );
    return undefined;
  },
  findsJobs: () => true,
  state: async () => 'unknown',
  terminate: async () => undefined,
  reportsTermination: () => true,
});

test('property: any names of components are refused, or their run completes with distinct steps', async () => {
  const engine = await openLocalEngine({ home: home(), jobs: instantJobs });
  let number = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(oddName, { minLength: 1, maxLength: 4 }), async (names) => {
        const bundle = await logicOf(
          'async () => { const all = []; for (let n = 0; n < 3; n += 1) for (const odd of odds) all.push(odd(n)); return Promise.all(all); }',
          `const odds = ${JSON.stringify(names)}.map((name, n) => component({ name }, undefined, { id: 'p.ts#' + n, name: 'odd' + n, style: 'positional', parameters: ['x'] }));`,
        );
        const described = await describeLogic(bundle).catch((error: unknown) => error);
        if (described instanceof OptionError) return;
        if (described instanceof Error) throw described;
        const hash = createHash('sha256').update(bundle).digest('hex');
        const key = `code/${hash}.js`;
        const info = runInfo();
        const id = runIdSchema.parse(`z${String(number++).padStart(25, '0')}`);
        const component = { ...info.code.logic, hash: 'h', key: 'code/h.js' };
        await engine.start(
          {
            ...info,
            id,
            code: {
              ...info.code,
              logic: { ...info.code.logic, hash, key, size: bundle.length },
              components: names.map((name, n) => ({
                id: `p.ts#${n}`,
                name,
                signature: info.code.signature,
                bundle: component,
              })),
            },
          },
          new Map([[key, bundle]]),
        );
        const { head } = await engine.waitUntilFinished(id);
        expect(head.error).toBeNull();
        const steps = await engine.store.queries.allSteps(id);
        expect(steps).toHaveLength(names.length * 3);
        expect(new Set(steps.map((step) => step.name)).size).toBe(steps.length);
      }),
      { numRuns: 60 },
    );
  } finally {
    await engine.close();
  }
}, 60_000);

test('a call of a component that was never declared fails the run with a message', async () => {
  const harness = new ControllerHarness({
    components: {},
    main: async (logic) =>
      logic.command({
        kind: 'call',
        component: 'train ',
        args: { data: { format: 'json', text: '[]' }, refs: [] },
        digest: 'd',
        awaited: false,
      }),
  });
  const { head } = await harness.run(await harness.start());
  expect(head.status).toBe('failed');
  expect(head.error?.message).toContain('it calls component "train ", which it never declared');
});

test('a defect of the engine fails the run with a message, in place of a run that stays queued', async () => {
  const engine = await openLocalEngine({
    home: home(),
    jobs: (ports) => ({
      ...instantJobs(ports),
      submit: async () => {
        throw new TypeError('odd is not a function');
      },
      reportsTermination: () => false,
    }),
  });
  try {
    const bundle = await logicOf('async () => a(1)');
    const hash = createHash('sha256').update(bundle).digest('hex');
    const info = runInfo();
    const key = `code/${hash}.js`;
    const code = { ...info.code.logic, hash: 'h', key: 'code/h.js' };
    await engine.start(
      {
        ...info,
        code: {
          ...info.code,
          logic: { ...info.code.logic, hash, key },
          components: [
            { id: 'pipeline.ts#a', name: 'a', signature: info.code.signature, bundle: code },
          ],
        },
      },
      new Map([[key, bundle]]),
    );
    const { head } = await engine.waitUntilFinished(info.id);
    expect(head.status).toBe('failed');
    expect(head.error?.name).toBe('EngineDefectError');
    expect(head.error?.message).toContain('TypeError: odd is not a function');
  } finally {
    await engine.close();
  }
}, 60_000);
