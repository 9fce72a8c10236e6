import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallbackNode, Command } from '../../../src/model/history.ts';
import { failed, HandRun, json, type NewEvent, runInfo } from './logic.ts';

/**
 * A random program: statements that start, await, race, sleep and branch. A `slot` selects a
 * promise that was started before.
 */
type Statement =
  | {
      readonly op: 'call';
      readonly component: 'a' | 'b' | 'two' | 'w';
      readonly slots: readonly number[];
      readonly value: number;
    }
  | { readonly op: 'await' | 'catch'; readonly slot: number }
  | { readonly op: 'race' | 'all' | 'settle'; readonly slots: readonly number[] }
  | { readonly op: 'sleep' | 'random' | 'log' | 'upload' }
  | { readonly op: 'spawn' | 'branch'; readonly body: readonly Statement[] };

const slot = fc.nat(9);
const slots = fc.array(slot, { minLength: 1, maxLength: 3 });
const { statement } = fc.letrec<{ statement: Statement }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 2 },
    {
      weight: 4,
      arbitrary: fc.record({
        op: fc.constant('call' as const),
        component: fc.constantFrom('a' as const, 'b' as const, 'two' as const, 'w' as const),
        slots: fc.array(slot, { maxLength: 2 }),
        value: fc.nat(2),
      }),
    },
    fc.record({ op: fc.constantFrom('await' as const, 'catch' as const), slot }),
    fc.record({ op: fc.constantFrom('race' as const, 'all' as const, 'settle' as const), slots }),
    fc.record({
      op: fc.constantFrom('sleep' as const, 'random' as const, 'log' as const, 'upload' as const),
    }),
    fc.record({
      op: fc.constantFrom('spawn' as const, 'branch' as const),
      body: fc.array(tie('statement'), { minLength: 1, maxLength: 4 }),
    }),
  ),
}));

/**
 * The interpreter of a program, as logic. Its behaviour depends on results, time, randomness and
 * the effects of callbacks.
 */
const INTERPRETER = `async (program) => {
  const seen = [];
  // Spawned statements have their own list, so that they cannot wait for themselves.
  const run = async (statements, started) => {
    const pick = (slot) => started.length === 0 ? Promise.resolve("nothing") : started[slot % started.length];
    for (const s of statements) {
      switch (s.op) {
        case "call": started.push(({ a, b, two, w })[s.component](s.value, s.slots.map((slot) => { const p = pick(slot); return p instanceof Promise ? null : p }), seen.length)); break;
        case "await": seen.push(await pick(s.slot)); break;
        case "catch": try { seen.push(await pick(s.slot)) } catch (error) { seen.push(error.name) } finally { seen.push("finally") } break;
        case "race": seen.push(await Promise.race(s.slots.map(pick)).catch((e) => e.name)); break;
        case "all": seen.push(await Promise.all(s.slots.map(pick)).catch((e) => e.message)); break;
        case "settle": seen.push((await Promise.allSettled(s.slots.map(pick))).map((r) => r.status)); break;
        case "sleep": started.push(sleep(1000 + seen.length).then(() => "woke")); break;
        case "random": seen.push(Math.random(), Date.now(), crypto.randomUUID(), state.sum); break;
        case "log": console.log(seen.length, JSON.stringify(seen)); break;
        case "upload": started.push(PipelineDecorator.uploadArtifact("seen", [...seen])); break;
        case "spawn": { const p = run(s.body, [...started]); p.catch(() => 1); started.push(p.then(() => "spawned")); started.at(-1).catch(() => 1); break; }
        case "branch": if (JSON.stringify(seen).length % 2 === 0) await run(s.body, started); break;
      }
    }
  };
  await run(program, []);
  return seen;
}`;

const TOP = `const state = { sum: 0 };
  const w = step("w", { preExecuteCallback: (p, node, params) => { state.sum += params.x; if (state.sum % 3 === 1) params.x += 1; return state.sum % 5 !== 4 }, postExecuteCallback: async (p, node) => { await null; state.sum *= 2; if (state.sum > 20) throw new Error("too much") } });`;

const view = (status: CallbackNode['status']): CallbackNode => ({
  name: 'w',
  component: 'w',
  status,
  attempt: 1,
  parents: [],
  executionQueue: 'q',
  artifacts: [],
  models: [],
});

/** Returns a function that chooses one of the events that may follow. */
function possible(
  commands: readonly Command[],
  events: readonly NewEvent[],
): (choice: number) => NewEvent | undefined {
  const calls = commands.filter((command) => command.kind === 'call');
  const sleeps = commands.filter((command) => command.kind === 'sleep').length;
  const settled = new Set(
    events.flatMap((event) =>
      event.kind === 'sleepEnded' || event.kind === 'callback' || event.kind === 'signal'
        ? []
        : [event.call],
    ),
  );
  const endedSleeps = new Set(
    events.flatMap((event) => (event.kind === 'sleepEnded' ? [event.sleep] : [])),
  );
  const called = new Set(
    events.flatMap((event) =>
      event.kind === 'callback' ? [`${event.input.kind} ${event.call}`] : [],
    ),
  );
  const open: ((choice: number) => NewEvent)[] = [];
  for (const [call, { component, args }] of calls.entries()) {
    if (settled.has(call)) continue;
    if (component === 'w' && !called.has(`preExecute ${call}`))
      open.push(() => ({
        kind: 'callback',
        call,
        component,
        node: view('pending'),
        input: { kind: 'preExecute', args },
      }));
    else if (component === 'w' && !called.has(`postExecute ${call}`))
      open.push(() => ({
        kind: 'callback',
        call,
        component,
        node: view('completed'),
        input: { kind: 'postExecute' },
      }));
    else open.push((choice) => outcome(call, component, choice));
  }
  for (let sleep = 0; sleep < sleeps; sleep++)
    if (!endedSleeps.has(sleep)) open.push(() => ({ kind: 'sleepEnded', sleep }));
  return (choice) =>
    open.length === 0 ? undefined : open[choice % open.length]?.(Math.floor(choice / 7));
}

function outcome(call: number, component: string, choice: number): NewEvent {
  if (choice % 6 === 0) return failed(call, `failure of ${call}`);
  if (choice % 6 === 1) return { kind: 'skipped', call, step: `step ${call}`, cause: null };
  const value = (index: number) =>
    (choice + index) % 3 === 0
      ? ({ format: 'json', key: `${call}`, size: 10, hash: 'h' } as const)
      : json({ call, index });
  return {
    kind: 'completed',
    call,
    values: component === 'two' ? [value(0), value(1)] : [value(0)],
  };
}

test('a replay at any position issues the same commands as the evaluation in memory', async () => {
  const parameters = { numRuns: Number(process.env.HEADRACE_PROPERTY_RUNS ?? 30) };
  await fc.assert(
    fc.asyncProperty(
      fc.array(statement, { minLength: 5, maxLength: 12 }),
      fc.array(fc.nat(1000), { minLength: 6, maxLength: 14 }),
      async (program, choices) => {
        const run = await HandRun.create(INTERPRETER, {
          top: TOP,
          info: runInfo({ args: { program: JSON.parse(JSON.stringify(program)) } }),
        });
        for (let call = 0; call < 60; call++)
          run.objects.set(`${call}`, new TextEncoder().encode(`{"stored":${call}}`));
        const shared = run.freshEvaluator();
        const cold = run.freshEvaluator();
        const evaluateCold = (limit?: number) => {
          cold.drop(run.info.id);
          return run.evaluate(cold, limit);
        };
        const delivered: NewEvent[] = [];
        for (const choice of [undefined, ...choices]) {
          if (choice !== undefined) {
            const event = possible(run.commands, delivered)(choice);
            if (event === undefined) break;
            delivered.push(event);
            run.append(event);
          }
          // Compares three evaluators: one that replays each time, one that stays in memory, and
          // one that stays in memory and is used less often. After the commands are accepted, a
          // replay issues none.
          const answers = [await evaluateCold(), await run.evaluate()];
          if (choice === undefined || choice % 3 === 0) answers.push(await run.evaluate(shared));
          for (const answer of answers) expect(answer).toEqual(answers[0]);
          expect(answers[0]?.kind).toBe('page');
          await run.advance();
          expect(await evaluateCold(3)).toEqual({ kind: 'page', commands: [], more: false });
        }
        // A replay of the whole history issues the same commands as the evaluation event by event.
        const whole = HandRun.like(run);
        await whole.advance();
        expect(whole.commands).toEqual(run.commands);
      },
    ),
    parameters,
  );
}, 240_000);
