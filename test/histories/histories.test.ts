/**
 * Continues the runs of earlier releases in this version: their histories replay, stored states
 * lead to the same outcomes, and versions can alternate.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { decodeDocument, encodeDocument } from '../../src/aws/dynamodb/documents.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Tasks } from '../../src/ports/tasks.ts';
import { type Golden, goldensOf, loadKit, releases } from './golden.ts';
import * as current from './kit.ts';
import { outcomesOf } from './outcomes.ts';
import { type EngineState, evaluatorOf, RecordedEngine } from './recorded-engine.ts';
import type { Kit } from './records.ts';
import { idOf } from './stories.ts';

const onlyKit = (kit: Kit) => () => kit;

/** Continues the state to the end of the story. */
async function outcomesFrom(
  golden: Golden,
  state: EngineState,
  kitAt: (handled: number) => Kit,
): Promise<unknown> {
  const engine = await RecordedEngine.restore(
    { story: golden.story, pipelines: golden.pipelines, kitAt },
    state,
  );
  try {
    await engine.run();
    return await outcomesOf(engine, current, golden.story);
  } finally {
    engine.close();
  }
}

/** An engine at the start of the story, with the code of the release. */
const newEngine = (golden: Golden, kitAt: (handled: number) => Kit): Promise<RecordedEngine> => {
  const [first] = golden.states;
  const code = Object.fromEntries(
    Object.entries(first?.objects ?? {}).filter(([key]) => key.startsWith('code/')),
  );
  return RecordedEngine.create(
    { story: golden.story, pipelines: golden.pipelines, kitAt },
    golden.kind,
    code,
  );
};

/** Evaluates the logic of the run up to the event `position`, in one page. */
async function replay(tasks: Tasks, evaluator: Evaluator, name: string, position?: number) {
  const run = await tasks.run(idOf(name));
  if (run === undefined) throw new Error(`run ${name} is missing`);
  const { info, head } = run;
  async function* pages<T>(
    read: (from: number, limit: number) => Promise<readonly T[]>,
    from: number,
  ) {
    yield await read(from, 100_000);
  }
  return evaluator.evaluate({
    info,
    generation: head.generation,
    position: position ?? head.eventCount,
    fromCommand: 0,
    limit: 100_000,
    history: {
      events: (from) => pages((first, limit) => tasks.events(info.id, first, limit), from),
      signatures: (from) => pages((first, limit) => tasks.signatures(info.id, first, limit), from),
    },
  });
}

describe.each(releases())('release %s', { timeout: 60_000 }, (release) => {
  const goldens = goldensOf(release);
  const cases = goldens.map((golden) => [`${golden.story.name} (${golden.kind})`, golden] as const);
  const inDynamo = cases.filter(([, { kind }]) => kind === 'dynamodb');

  test('the golden histories have both kinds of records, and states with waiting steps and messages', () => {
    expect(new Set(goldens.map(({ kind }) => kind))).toEqual(new Set(['dynamodb', 'sqlite']));
    expect(
      goldens.flatMap(({ states }) => states.flatMap(({ waiting }) => waiting)).length,
    ).toBeGreaterThan(10);
    expect(
      goldens.flatMap(({ states }) => states.flatMap(({ messages }) => messages)).length,
    ).toBeGreaterThan(4);
  });

  test.each(cases)('%s: the histories replay without divergence', async (_, golden) => {
    const state = golden.states.at(-1);
    if (state === undefined) return expect.unreachable();
    const engine = await RecordedEngine.restore(
      { story: golden.story, pipelines: golden.pipelines, kitAt: onlyKit(current) },
      state,
    );
    const { tasks, objects } = engine.ports(current);
    const evaluator = () => evaluatorOf(current, objects);
    for (const name of new Set(golden.story.phases.map(({ run }) => run))) {
      const { id, events } = await tasks
        .run(idOf(name))
        .then((run) => ({ id: idOf(name), events: run?.head.eventCount ?? 0 }));
      const signatures = await tasks.signatures(id, 0, 100_000);
      expect(signatures.length).toBeGreaterThan(3);
      const full = await replay(tasks, evaluator(), name);
      expect(full, name).toMatchObject({ kind: 'page', more: false });
      expect(full.kind === 'page' && full.commands.map(({ signature }) => signature)).toEqual(
        signatures,
      );
      // The same evaluation, event by event.
      const incremental = evaluator();
      let issued: readonly string[] = [];
      for (let position = 0; position <= events; position += 1) {
        const answer = await replay(tasks, incremental, name, position);
        if (answer.kind !== 'page') return expect.unreachable(JSON.stringify(answer));
        expect(answer.commands.slice(0, issued.length).map(({ signature }) => signature)).toEqual(
          issued,
        );
        issued = answer.commands.map(({ signature }) => signature);
      }
      expect(issued).toEqual(signatures);
    }
    engine.close();
  });

  test.each(cases)(
    '%s: this version continues each stored state to the same outcomes',
    async (_, golden) => {
      for (const state of golden.states)
        expect(
          await outcomesFrom(golden, state, onlyKit(current)),
          `from message ${state.handled}`,
        ).toEqual(golden.outcomes);
    },
  );

  test.each(cases)(
    '%s: this version runs the story from its start to the same outcomes',
    async (_, golden) => {
      const engine = await newEngine(golden, onlyKit(current));
      await engine.run();
      expect(await outcomesOf(engine, current, golden.story)).toEqual(golden.outcomes);
      engine.close();
    },
  );

  test.each(inDynamo)(
    '%s: this version and the release alternate by message, with the same outcomes',
    async (_, golden) => {
      const releaseKit = await loadKit(release);
      for (const period of [2, 3]) {
        const kitAt = (handled: number) => (handled % period === 0 ? releaseKit : current);
        const engine = await newEngine(golden, kitAt);
        await engine.run();
        expect(await outcomesOf(engine, current, golden.story), `every ${period}`).toEqual(
          golden.outcomes,
        );
        engine.close();
      }
    },
  );

  test.each(inDynamo)(
    '%s: after a rollback, the release continues the records of this version to the same outcomes',
    async (_, golden) => {
      const releaseKit = await loadKit(release);
      for (const share of [0.25, 0.5, 0.75]) {
        const engine = await newEngine(golden, (handled) =>
          handled < golden.messages * share ? current : releaseKit,
        );
        await engine.run();
        expect(await outcomesOf(engine, releaseKit, golden.story), `at ${share}`).toEqual(
          golden.outcomes,
        );
        engine.close();
      }
    },
  );

  test.each(inDynamo)('%s: this version reads records with unknown fields', async (_, golden) => {
    for (const state of golden.states) {
      const extended = JSON.parse(state.records, (key, value: unknown) =>
        key === 'd' && isDocument(value) ? withUnknownField(value) : value,
      );
      const changed = { ...state, records: JSON.stringify(extended) };
      expect(changed.records).not.toBe(state.records);
      expect(
        await outcomesFrom(golden, changed, onlyKit(current)),
        `from message ${state.handled}`,
      ).toEqual(golden.outcomes);
    }
  });
});

interface Document {
  readonly B: { readonly bytes: string };
}
const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && 'B' in value;

/** The document of a later version: heads, steps, infos and commits have an unknown field. */
function withUnknownField(document: Document): Document {
  const content = decodeDocument<unknown>(Buffer.from(document.B.bytes, 'base64'));
  const changed: unknown = JSON.parse(JSON.stringify(content), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const isRecord = 'revision' in value || 'digest' in value || 'seed' in value || 'head' in value;
    if (!isRecord) return value;
    return {
      ...value,
      fromTheFuture: { v: 2 },
    };
  });
  return { B: { bytes: Buffer.from(encodeDocument(changed)).toString('base64') } };
}
