/**
 * Runs that earlier releases began, under this version: their histories replay, they go on from the
 * middle to the same end, and versions may take turns.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { decodeDocument, encodeDocument } from '../../src/aws/dynamodb/documents.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Tasks } from '../../src/ports/tasks.ts';
import { type Golden, goldensOf, kitOf, releases } from './golden.ts';
import * as current from './kit.ts';
import { evaluatorOf, outcomesOf, World, type WorldState } from './recorded-engine.ts';
import type { Kit } from './records.ts';
import { idOf } from './stories.ts';

const always = (kit: Kit) => () => kit;

/** Goes on from there to the end of the story. */
async function endOf(
  golden: Golden,
  state: WorldState,
  kitAt: (handled: number) => Kit,
): Promise<unknown> {
  const world = await World.goOn(
    { story: golden.story, pipelines: golden.pipelines, kitAt },
    state,
  );
  try {
    await world.play();
    return await outcomesOf(world, current, golden.story);
  } finally {
    world.close();
  }
}

const begun = (golden: Golden, kitAt: (handled: number) => Kit): Promise<World> => {
  const [first] = golden.states;
  const code = Object.fromEntries(
    Object.entries(first?.objects ?? {}).filter(([key]) => key.startsWith('code/')),
  );
  return World.begin(
    { story: golden.story, pipelines: golden.pipelines, kitAt },
    golden.kind,
    code,
  );
};

/** Asks a new evaluator what the run's logic did up to an event, in one go. */
async function replayed(tasks: Tasks, evaluator: Evaluator, name: string, position?: number) {
  const run = await tasks.run(idOf(name));
  if (run === undefined) throw new Error(`run ${name} is gone`);
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
  const told = goldens.map((golden) => [`${golden.story.name} (${golden.kind})`, golden] as const);
  const inDynamo = told.filter(([, { kind }]) => kind === 'dynamodb');

  test('is told in every kind of records, and written down while steps wait with the specs of then', () => {
    expect(new Set(goldens.map(({ kind }) => kind))).toEqual(new Set(['dynamodb', 'sqlite']));
    expect(
      goldens.flatMap(({ states }) => states.flatMap(({ waiting }) => waiting)).length,
    ).toBeGreaterThan(10);
    expect(
      goldens.flatMap(({ states }) => states.flatMap(({ messages }) => messages)).length,
    ).toBeGreaterThan(4);
  });

  test.each(told)('%s: its histories replay without divergence', async (_, golden) => {
    const state = golden.states.at(-1);
    if (state === undefined) return expect.unreachable();
    const world = await World.goOn(
      { story: golden.story, pipelines: golden.pipelines, kitAt: always(current) },
      state,
    );
    const { tasks, objects } = world.ports(current);
    const evaluator = () => evaluatorOf(current, objects);
    for (const name of new Set(golden.story.phases.map(({ run }) => run))) {
      const { id, events } = await tasks
        .run(idOf(name))
        .then((run) => ({ id: idOf(name), events: run?.head.eventCount ?? 0 }));
      const signatures = await tasks.signatures(id, 0, 100_000);
      expect(signatures.length).toBeGreaterThan(3);
      const whole = await replayed(tasks, evaluator(), name);
      expect(whole, name).toMatchObject({ kind: 'page', more: false });
      expect(whole.kind === 'page' && whole.commands.map(({ signature }) => signature)).toEqual(
        signatures,
      );
      // Also when it is fed event by event.
      const one = evaluator();
      let issued: readonly string[] = [];
      for (let position = 0; position <= events; position += 1) {
        const answer = await replayed(tasks, one, name, position);
        if (answer.kind !== 'page') return expect.unreachable(JSON.stringify(answer));
        expect(answer.commands.slice(0, issued.length).map(({ signature }) => signature)).toEqual(
          issued,
        );
        issued = answer.commands.map(({ signature }) => signature);
      }
      expect(issued).toEqual(signatures);
    }
    world.close();
  });

  test.each(told)(
    '%s: this version goes on from the middle of it to the same end',
    async (_, golden) => {
      for (const state of golden.states)
        expect(
          await endOf(golden, state, always(current)),
          `from message ${state.handled}`,
        ).toEqual(golden.outcomes);
    },
  );

  test.each(told)(
    '%s: this version tells it from its beginning with the same end',
    async (_, golden) => {
      const world = await begun(golden, always(current));
      await world.play();
      expect(await outcomesOf(world, current, golden.story)).toEqual(golden.outcomes);
      world.close();
    },
  );

  test.each(inDynamo)(
    '%s: a new version and the release take turns, message by message',
    async (_, golden) => {
      const old = await kitOf(release);
      for (const turns of [2, 3]) {
        const kitAt = (handled: number) => (handled % turns === 0 ? old : current);
        const world = await begun(golden, kitAt);
        await world.play();
        expect(await outcomesOf(world, current, golden.story), `every ${turns}`).toEqual(
          golden.outcomes,
        );
        world.close();
      }
    },
  );

  test.each(inDynamo)(
    '%s: a new version is rolled back in the middle, and what it wrote goes on under the release',
    async (_, golden) => {
      const old = await kitOf(release);
      for (const part of [0.25, 0.5, 0.75]) {
        const world = await begun(golden, (handled) =>
          handled < golden.messages * part ? current : old,
        );
        await world.play();
        expect(await outcomesOf(world, old, golden.story), `at ${part}`).toEqual(golden.outcomes);
        world.close();
      }
    },
  );

  test.each(inDynamo)(
    '%s: records with fields that this version does not know are read',
    async (_, golden) => {
      for (const state of golden.states) {
        const strange = JSON.parse(state.records, (key, value: unknown) =>
          key === 'd' && isDocument(value) ? strangely(value) : value,
        );
        const changed = { ...state, records: JSON.stringify(strange) };
        expect(changed.records).not.toBe(state.records);
        expect(
          await endOf(golden, changed, always(current)),
          `from message ${state.handled}`,
        ).toEqual(golden.outcomes);
      }
    },
  );
});

interface Document {
  readonly B: { readonly bytes: string };
}
const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && 'B' in value;

/**
 * The head, step, info or commit as a later version may write it, with a field that this version
 * does not know.
 */
function strangely(document: Document): Document {
  const content = decodeDocument<unknown>(Buffer.from(document.B.bytes, 'base64'));
  const changed: unknown = JSON.parse(JSON.stringify(content), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const isOurs = 'revision' in value || 'digest' in value || 'seed' in value || 'head' in value;
    if (!isOurs) return value;
    return {
      ...value,
      fromTheFuture: { v: 2 },
    };
  });
  return { B: { bytes: Buffer.from(encodeDocument(changed)).toString('base64') } };
}
