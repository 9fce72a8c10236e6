import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createEvaluationService,
  type EvaluationService,
} from '../../../src/aws/evaluator/evaluation-service.ts';
import { createLambdaEvaluator } from '../../../src/aws/evaluator/lambda-evaluator.ts';
import type { EvaluatorPayload } from '../../../src/aws/evaluator/protocol.ts';
import { createEvaluator } from '../../../src/evaluator/index.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { latestSnapshotKey } from '../../../src/model/object-layout.ts';
import type { Value } from '../../../src/model/value.ts';
import type { Evaluator } from '../../../src/ports/evaluator.ts';
import { asS3Objects, MemoryObjects } from '../../conformance/memory-objects.ts';
import { completed, HandRun, json, runInfo } from '../evaluator/logic.ts';

const LIMIT = 6 * 2 ** 20;

/** A function with one instance at a time, an object store behind URLs, and the controllers that ask. */
class World {
  readonly objects = new MemoryObjects();
  readonly questions: EvaluatorPayload[] = [];
  readonly tenants: (string | undefined)[] = [];
  readonly read: string[] = [];
  /** Taken for the next answers of the function, instead of what it would say. */
  readonly injected: { readonly payload: string; readonly error?: string }[] = [];
  /** Characters of an answer's commands; what a function may answer, if it is not for a test to reach that. */
  largestPage = 5_000_000;
  largestText = 24_000_000;
  #instance: EvaluationService | undefined;
  readonly #client = new LambdaClient({ region: 'us-east-1' });

  constructor(readonly run: HandRun) {
    vi.spyOn(this.#client, 'send').mockImplementation(async (command: unknown) => {
      if (!(command instanceof InvokeCommand)) throw new Error('only Invoke is expected');
      const sent = Buffer.from(command.input.Payload as Uint8Array).toString();
      expect(sent.length).toBeLessThan(LIMIT);
      this.tenants.push(command.input.TenantId);
      const question: EvaluatorPayload = JSON.parse(sent);
      this.questions.push(question);
      const injected = this.injected.shift();
      if (injected !== undefined)
        return {
          Payload: Buffer.from(injected.payload),
          ...(injected.error === undefined ? {} : { FunctionError: injected.error }),
        };
      this.#instance ??= createEvaluationService((sources) => createEvaluator(sources), {
        fetchUrl: this.#fetch,
        maxPageLength: this.largestPage,
        maxTextLength: this.largestText,
      });
      const answer = JSON.stringify(await this.#instance.handle(question));
      expect(answer.length).toBeLessThan(LIMIT);
      return { Payload: Buffer.from(answer) };
    });
  }

  static async of(
    main: string,
    options: Parameters<typeof HandRun.create>[1] = {},
  ): Promise<World> {
    const run = await HandRun.create(main, options);
    const world = new World(run);
    await world.objects.put(run.info.code.logic.key, Buffer.from(run.code));
    return world;
  }

  readonly #fetch = async (input: string | URL | Request): Promise<Response> => {
    const key = decodeURIComponent(new URL(String(input)).pathname.slice(1));
    this.read.push(key);
    if (!(await this.objects.exists(key))) return new Response('', { status: 404 });
    return new Response(Buffer.from(await this.objects.get(key)));
  };

  /** The instance is gone: the next one knows nothing. */
  freeze(): void {
    this.#instance = undefined;
  }

  /** A controller's end, which remembers nothing. */
  controller(isolation: 'tenant' | 'function' = 'function'): Evaluator {
    const { objects, run } = this;
    const s3 = asS3Objects(objects, (key) => `https://store.example/${encodeURIComponent(key)}`);
    const tasks = {
      events: async (_: unknown, from: number, limit: number) =>
        run.events.slice(from, from + limit),
      signatures: async (_: unknown, from: number, limit: number) =>
        run.signatures.slice(from, from + limit),
    };
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    return createLambdaEvaluator({
      client: this.#client,
      functionName: 'evaluator',
      isolation,
      objects: s3,
      tasks,
      readCommands,
      log,
    });
  }

  /** What the last question was: with the whole history, or the new events alone. */
  get last(): string {
    const question = this.questions.at(-1);
    return question?.kind === 'evaluate'
      ? question.coldStart === undefined
        ? `warm from ${question.from}`
        : 'cold'
      : 'supply';
  }
}

const CHAIN = 'async function main() { let x = 0; for (;;) x = await a(x); }';

async function stored(world: World, key: string, value: unknown): Promise<Value> {
  const bytes = Buffer.from(JSON.stringify(value));
  const { size, hash } = await world.objects.put(key, bytes);
  return { format: 'json', key, size, hash };
}

describe('the evaluator behind Lambda', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.of(CHAIN);
  });

  test('begins cold, and goes on with the new events alone', async () => {
    const evaluator = world.controller();
    expect(await world.run.advance(evaluator)).toMatchObject([
      { kind: 'declare' },
      { kind: 'call', component: 'a' },
    ]);
    expect(world.last).toBe('cold');
    for (let call = 0; call < 5; call += 1) {
      world.run.append(completed(call, call));
      expect(await world.run.advance(evaluator)).toMatchObject([{ kind: 'call' }]);
      expect(world.last).toBe(`warm from ${call}`);
    }
    expect(world.questions).toHaveLength(6);
  });

  test('an instance that is gone is replaced by one that replays, with the same answers', async () => {
    const evaluator = world.controller();
    await world.run.advance(evaluator);
    for (let call = 0; call < 5; call += 1) {
      world.run.append(completed(call, call));
      world.freeze();
      expect(await world.run.advance(evaluator)).toMatchObject([{ kind: 'call' }]);
      expect(world.last).toBe('cold');
    }
  });

  test('another controller is told how far the logic was, and goes on with the same instance', async () => {
    await world.run.advance(world.controller());
    world.run.append(completed(0, 1));
    const { info, history, events, signatures } = world.run;
    const answer = await world.controller().evaluate({
      info,
      generation: 0,
      position: 1,
      fromCommand: signatures.length,
      history,
      limit: 100,
      knownEvents: 0,
    });
    expect(answer).toMatchObject({ kind: 'page', commands: [{ command: { kind: 'call' } }] });
    expect([events.length, world.last]).toEqual([1, 'warm from 0']);
  });

  test('a commit that failed after an evaluation leaves an instance that is too far: it replays', async () => {
    const evaluator = world.controller();
    await world.run.advance(evaluator);
    world.run.append(completed(0, 1));
    const lost = await world.run.evaluate(evaluator);
    evaluator.drop(world.run.info.id);
    expect(await world.run.evaluate(evaluator)).toEqual(lost);
    expect(world.last).toBe('cold');
  });

  test('pages need no events again', async () => {
    const wide = await World.of('function main() { for (let n = 0; n < 25; n++) a(n); }');
    const evaluator = wide.controller();
    const commands = await wide.run.advance(evaluator, 10);
    expect(commands.filter(({ kind }) => kind === 'call')).toHaveLength(25);
    expect(
      wide.questions.map((question) =>
        question.kind === 'evaluate' && question.coldStart !== undefined ? 'cold' : 'warm',
      ),
    ).toEqual(['cold', 'warm', 'warm']);
  });

  test('a cold start takes as many reads at 3,000 events as at 3', async () => {
    const evaluator = world.controller();
    await world.run.advance(evaluator);
    const coldReads = async () => {
      world.freeze();
      world.read.length = 0;
      const before = vi.spyOn(world.objects, 'get').mockClear();
      await world.run.advance(world.controller());
      return { urls: world.read.length, gets: before.mock.calls.length, questions: world.last };
    };
    const play = async (until: number) => {
      for (let call = world.run.events.length; call < until; call += 1) {
        world.run.append(completed(call, call));
        await world.run.advance(evaluator);
      }
    };
    const fewest = { urls: 1, gets: 2, questions: 'cold' };
    await play(3);
    expect(await coldReads()).toEqual(fewest);
    await play(1100);
    expect(await coldReads()).toEqual(fewest);
    await play(3000);
    expect(await coldReads()).toEqual(fewest);
    const question = world.questions.at(-1);
    const [, tail] = question?.kind === 'evaluate' ? (question.coldStart?.history ?? []) : [];
    expect(JSON.stringify(tail).length).toBeLessThan(50_000);
  }, 60_000);

  test('a snapshot without the code, as the versions before made them, is read beside it', async () => {
    const evaluator = world.controller();
    await world.run.advance(evaluator);
    for (let call = 0; call < 600; call += 1) {
      world.run.append(completed(call, call));
      await world.run.advance(evaluator);
    }
    const { key } = JSON.parse(
      Buffer.from(await world.objects.get(latestSnapshotKey(world.run.info, 0))).toString(),
    );
    const lines = gunzipSync(await world.objects.get(key))
      .toString()
      .split('\n');
    expect(lines[0]).toContain('"code"');
    await world.objects.put(key, gzipSync(lines.slice(1).join('\n')));
    world.freeze();
    world.read.length = 0;
    await world.run.advance(world.controller());
    expect(world.read).toHaveLength(2);
  });

  test('a history too large for a payload goes beside it', async () => {
    const many = await World.of('function main() { for (let n = 0; n < 300; n++) a(n); }');
    await many.run.advance(many.controller());
    const values = () =>
      Array.from({ length: 6 }, () => json(randomBytes(3000).toString('base64')));
    for (let call = 0; call < 300; call += 1)
      many.run.append({ kind: 'completed', call, values: values() });
    many.freeze();
    await many.run.advance(many.controller());
    const question = many.questions.at(-1);
    const [part] = question?.kind === 'evaluate' ? (question.coldStart?.history ?? []) : [];
    expect(part).toHaveProperty('url');
  });

  test('an awaited result that is stored is read by its URL, which comes with the event', async () => {
    const evaluator = world.controller();
    await world.run.advance(evaluator);
    world.run.append({
      kind: 'completed',
      call: 0,
      values: [await stored(world, 'p/tests/data/large', 'x'.repeat(9000))],
    });
    expect(await world.run.advance(evaluator)).toMatchObject([
      { kind: 'call', args: { data: { text: JSON.stringify(['x'.repeat(9000)]) } } },
    ]);
    expect(world.read).toContain('p/tests/data/large');
    expect(world.last).toBe('warm from 0');
  });

  test('a replay asks for the results that it comes to, fifty at once, and goes on where it was', async () => {
    const evaluator = world.controller();
    await world.run.advance(evaluator);
    for (let call = 0; call < 120; call += 1) {
      world.run.append({
        kind: 'completed',
        call,
        values: [await stored(world, `p/tests/data/${call}`, call)],
      });
      await world.run.advance(evaluator);
    }
    world.freeze();
    world.questions.length = 0;
    expect(await world.run.evaluate(world.controller())).toEqual({
      kind: 'page',
      commands: [],
      more: false,
    });
    expect(world.questions.map(({ kind }) => kind)).toEqual(['evaluate', 'supply', 'supply']);
  });

  test('a question in between ends the wait for a result, and nothing hangs', async () => {
    const evaluator = world.controller();
    await world.run.advance(evaluator);
    for (let call = 0; call < 60; call += 1) {
      world.run.append({
        kind: 'completed',
        call,
        values: [await stored(world, `p/tests/data/${call}`, call)],
      });
      await world.run.advance(evaluator);
    }
    const service = createEvaluationService((sources) => createEvaluator(sources), {
      fetchUrl: async () => new Response('[]'),
    });
    world.freeze();
    await world.run.evaluate(world.controller());
    const cold = world.questions.findLast((question) => question.kind === 'evaluate');
    if (cold?.kind !== 'evaluate' || cold.coldStart === undefined)
      throw new Error('the last question was to be a cold one');
    const code = `https://store.example/${world.run.info.code.logic.key}`;
    const reading = createEvaluationService(
      (sources) => createEvaluator({ ...sources, loadCode: async () => world.run.code }),
      {
        fetchUrl: async () => new Response('1'),
      },
    );
    const question = { ...cold, urls: {}, cold: { ...cold.coldStart, code } };
    const first = await reading.handle(question);
    expect(first.kind).toBe('valuesNeeded');
    expect((await reading.handle({ ...question, run: runInfo().id })).kind).toBe('valuesNeeded');
    expect(
      await reading.handle({
        kind: 'supply',
        run: world.run.info.id,
        ticket: first.kind === 'valuesNeeded' ? first.ticket : '',
        urls: {},
      }),
    ).toEqual({
      kind: 'coldStartNeeded',
    });
    expect(
      await service.handle({ kind: 'supply', run: world.run.info.id, ticket: 'none', urls: {} }),
    ).toEqual({ kind: 'coldStartNeeded' });
  });

  test('whatever the evaluator asks for, it gets its own project’s objects alone', async () => {
    const evaluator = world.controller();
    await world.run.advance(evaluator);
    world.run.append(completed(0, 1));
    world.injected.push({
      payload: JSON.stringify({
        kind: 'valuesNeeded',
        ticket: 't',
        keys: ['p/tests/data/own', 'p/other/data/theirs', 'code/x', 'p/tests2/data/y'],
      }),
    });
    await world.run.advance(evaluator);
    const supply = world.questions.find(({ kind }) => kind === 'supply');
    expect(Object.keys(supply?.urls ?? {})).toEqual(['p/tests/data/own']);
  });

  test('commands that no logic could issue are not taken', async () => {
    const forged = gzipSync(
      JSON.stringify([
        {
          command: {
            kind: 'call',
            component: 'a',
            args: { data: { format: 'json', key: 'p/other' }, refs: [] },
          },
          signature: '',
        },
      ]),
    );
    world.injected.push({
      payload: JSON.stringify({ kind: 'page', commands: forged.toString('base64'), more: false }),
    });
    await expect(world.run.advance(world.controller())).rejects.toThrow();
  });

  test('an instance that the logic brought down is asked again; the second time it is the run’s end', async () => {
    const evaluator = world.controller();
    const crash = { payload: '{"errorType":"Runtime.OutOfMemory"}', error: 'Unhandled' };
    world.injected.push(crash);
    expect(await world.run.advance(evaluator)).toHaveLength(2);
    world.run.append(completed(0, 1));
    world.injected.push(crash, crash);
    expect(await world.run.expectBroken(evaluator)).toMatchObject({
      name: 'EvaluatorCrashedError',
      message: expect.stringMatching(/OutOfMemory/),
    });
  });

  test('a page that would unfold to too much is asked for in smaller ones', async () => {
    const wide = await World.of(
      "function main() { for (let n = 0; n < 40; n++) a('x'.repeat(100)); }",
    );
    wide.largestText = 12_000;
    const commands = await wide.run.advance(wide.controller(), 1000);
    expect(commands.filter(({ kind }) => kind === 'call')).toHaveLength(40);
    expect(
      wide.questions.map((question) => question.kind === 'evaluate' && question.limit),
    ).toEqual([1000, 125, 15, 15, 15]);
  });

  test('a page too large for an answer is asked for in smaller ones', async () => {
    const large = await World.of(
      'function main() { for (let n = 0; n < 40; n++) a(Math.random()); }',
    );
    large.largestPage = 1500;
    const commands = await large.run.advance(large.controller(), 1000);
    expect(commands.filter(({ kind }) => kind === 'call')).toHaveLength(40);
    expect(
      large.questions.map((question) => question.kind === 'evaluate' && question.limit),
    ).toEqual([1000, 125, 15, 15, 15]);
  });

  test('a failure that is nobody’s is thrown, for the batch to come again', async () => {
    world.injected.push({
      payload: JSON.stringify({ kind: 'failed', reason: 'the store answered 503' }),
    });
    await expect(world.run.advance(world.controller())).rejects.toThrow('the store answered 503');
    world.injected.push({ payload: 'nonsense' });
    await expect(world.run.advance(world.controller())).rejects.toThrow('reply is not valid');
  });

  test('logic that diverges breaks its run, and says how', async () => {
    await world.run.advance(world.controller());
    world.run.signatures[1] = 'call b[1]';
    world.freeze();
    world.run.append(completed(0, 1));
    // One that has seen the history as it was would not look again.
    expect(await world.run.expectBroken(world.controller())).toMatchObject({
      name: 'DivergenceError',
    });
  });

  test.each([
    ['examples', 'examples'],
    ['team/forecasts', 'team/forecasts'],
    ['日本', expect.stringMatching(/^sha256:[0-9a-f]{64}$/)],
  ])('the tenant is the project (%s)', async (project, tenant) => {
    const own = await World.of(CHAIN, { info: runInfo({ project }) });
    await own.run.advance(own.controller('tenant'));
    expect(own.tenants).toEqual([tenant]);
  });
});
