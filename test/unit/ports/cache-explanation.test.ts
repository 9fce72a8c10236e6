import { describe, expect, it } from 'vitest';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { changedDeclarations } from '../../../src/model/code-differences.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import type { RunInfo } from '../../../src/model/run.ts';
import { explainCache } from '../../../src/ports/cache-explanation.ts';
import { explanationLines } from '../../../src/view/cache-explanation.ts';
import { createColors } from '../../../src/view/terminal-text.ts';
import { ControllerHarness, type JobOutcome, NO_OUTCOME } from '../controller/harness.ts';
import type { Script } from '../controller/logic.ts';

type Info = Omit<RunInfo, 'number'>;
type Options = Script['components'][string];

const scriptOf = (options: Options, args: readonly unknown[]): Script => ({
  components: { load: {}, train: { cache: true, ...options } },
  main: async (logic) => logic.call('train', ...args),
});

/** Runs of one pipeline, one after the other, over the same records. */
class Runs {
  #storage: ControllerHarness['storage'] | undefined;
  #count = 0;
  last: { harness: ControllerHarness; run: RunId } | undefined;

  async start(
    options: Options,
    args: readonly unknown[],
    {
      info = (each: Info) => each,
      outcome,
    }: { info?: (info: Info) => Info; outcome?: JobOutcome } = {},
  ): Promise<this> {
    const harness = new ControllerHarness(scriptOf(options, args), outcome, this.#storage);
    this.#storage = harness.storage;
    this.#count += 1;
    harness.now += this.#count * 1_000_000;
    const created = info(harness.info({}, String(this.#count).padStart(26, '0')));
    await harness.storage.tasks.createRun(created, newHead(created));
    await harness.send({ kind: 'run.created', run: created.id });
    this.last = { harness, run: created.id };
    return this;
  }

  async explain(name = 'train') {
    if (this.last === undefined) throw new Error('no run was started');
    const { harness, run } = this.last;
    const step = (await harness.steps(run)).find((each) => each.name === name);
    if (step === undefined) throw new Error(`there is no step ${name}`);
    const ports = { ...harness.storage, queries: harness.storage.tasks };
    return await explainCache(ports, await harness.run(run), step);
  }
}

const withCode = (change: (component: Info['code']['components'][number]) => object) => ({
  info: (info: Info): Info => ({
    ...info,
    code: {
      ...info.code,
      components: info.code.components.map((each) => ({ ...each, ...change(each) })),
    },
  }),
});

describe('why a step was computed', () => {
  it('the first call has no earlier call to compare with', async () => {
    const runs = await new Runs().start({}, [1]);
    expect(await runs.explain()).toMatchObject({
      decision: 'computed',
      comparedWith: null,
      reason: 'the last 20 runs of the pipeline before this one have no call of train',
    });
  });

  it('a hit names the call that computed the result', async () => {
    const runs = await (await new Runs().start({}, [1])).start({}, [1]);
    expect(await runs.explain()).toMatchObject({
      decision: 'hit',
      reason: 'it has the result of train of test#1, whose cache key is equal',
      origin: { pipeline: 'test', number: 1, step: 'train', at: expect.any(Number) },
    });
  });

  it('a changed argument is named, with both previews', async () => {
    const runs = await (await new Runs().start({}, [1, 'a'])).start({}, [2, 'a']);
    const explanation = await runs.explain();
    expect(explanation.differences).toEqual([
      { part: 'argument', name: '[0]', before: '1', now: '2', details: [] },
    ]);
    expect(
      explanationLines(explanation, { colors: createColors(false), columns: undefined })[2],
    ).toBe('  argument [0]: 1 → 2');
  });

  it('the most similar of several earlier calls is compared', async () => {
    const runs = await new Runs().start({}, [1, 1, 1]);
    await runs.start({}, [2, 2, 2]);
    await runs.start({}, [1, 1, 2]);
    expect(await runs.explain()).toMatchObject({
      comparedWith: { number: 1 },
      differences: [{ name: '[2]' }],
    });
  });

  it('changed code, packages, options and salt are named', async () => {
    const first = { name: 'csv', version: '1.0.0', dependencies: { bom: '1.0.0' } };
    const second = { name: 'csv', version: '1.0.0', dependencies: { bom: '1.0.1' } };
    const bundleWith = (hash: string, packages: readonly object[]) =>
      withCode(({ bundle }) => ({ bundle: { ...bundle, hash, packages } }));
    const runs = await new Runs().start({ docker: 'node:20' }, [1], bundleWith('a', [first]));
    await runs.start({ docker: 'node:24', cache: { salt: 'x' } }, [1], bundleWith('b', [second]));
    expect((await runs.explain()).differences).toMatchObject([
      { part: 'code' },
      {
        part: 'package',
        name: 'csv',
        before: '1.0.0',
        now: '1.0.0',
        details: ['bom 1.0.0 → 1.0.1'],
      },
      { part: 'option', name: 'docker', before: 'node:20', now: 'node:24' },
      { part: 'option', name: 'cache.salt', before: null, now: 'x' },
    ]);
  });

  it('the declarations that changed in a bundle are named', () => {
    const before =
      'const rate = 1;\nfunction a(x) {\n\treturn x;\n}\nclass Old {}\nexport { a as default };';
    const now =
      'const rate = 1;\nfunction a(x) {\n\treturn x + 1;\n}\nasync function b() {}\nexport { a as default };';
    expect(changedDeclarations(before, now)).toEqual(['changed: a', 'added: b', 'removed: Old']);
    expect(changedDeclarations(now, now)).toEqual([]);
  });

  it('each reason why an equal key was no hit is a sentence', async () => {
    const equal = async (
      before: Options,
      options: Options,
      more: Parameters<Runs['start']>[2] = {},
      outcome?: JobOutcome,
    ) => {
      const runs = await new Runs().start(before, [1], outcome === undefined ? {} : { outcome });
      await runs.start(options, [1], more);
      const { reason, differences } = await runs.explain();
      expect(differences).toEqual([]);
      return reason;
    };
    expect(await equal({}, {}, { info: (info) => ({ ...info, noCache: true }) })).toContain(
      '--no-cache',
    );
    expect(await equal({}, { cache: { mode: 'refresh' } })).toContain("the mode 'refresh'");
    expect(await equal({}, {}, {}, () => new Error('x'))).toContain('but it failed');
    expect(await equal({ cache: false }, {})).toContain('did not have the option cache');
    expect(await equal({ cache: { mode: 'read' } }, {})).toContain("the mode 'read'");
    expect(await equal({}, { cache: { ttl: 1 } })).toContain('older than the 1 s');
    expect(await equal({}, {}, {}, () => NO_OUTCOME)).toMatch(/is running|waits/);
  });

  it('an entry that was removed is the last explanation', async () => {
    const runs = await new Runs().start({}, [1]);
    await runs.last?.harness.storage.cache.clear({});
    await runs.start({}, [1]);
    expect((await runs.explain()).reason).toContain('`headrace cache clear`');
  });

  it('a step without the option, and one that waits for a lease, state that', async () => {
    const uncached = await new Runs().start({ cache: false }, [1]);
    expect(await uncached.explain()).toMatchObject({ decision: 'off' });
    const runs = await new Runs().start({}, [1], { outcome: () => NO_OUTCOME });
    await runs.start({}, [1]);
    expect(await runs.explain()).toMatchObject({
      decision: 'waiting',
      origin: { number: 1, step: 'train' },
      reason: 'it waits for train of test#1, which computes the same result',
    });
  });

  it('the origin of a hit that was removed is named as removed', async () => {
    const runs = await (await new Runs().start({}, [1])).start({}, [1]);
    const first = await runs.explain();
    const removed = first.origin?.run ?? '';
    await runs.last?.harness.storage.tasks.remove(runIdSchema.parse(removed));
    const { origin, reason } = await runs.explain();
    expect(origin).toMatchObject({ run: removed, pipeline: null });
    expect(reason).toContain('was removed or has expired');
  });
});
