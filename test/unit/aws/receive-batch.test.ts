import { beforeEach, describe, expect, test } from 'vitest';
import { open, seal } from '../../../src/aws/messages/envelope.ts';
import { MAX_HOPS, nextHops } from '../../../src/aws/messages/hops.ts';
import {
  type DeferredTransition,
  type ReceivedMessage,
  receiveBatch,
} from '../../../src/aws/messages/receive-batch.ts';
import { createTransitionRouter } from '../../../src/aws/messages/transition-router.ts';
import type { Log } from '../../../src/aws/observability/log.ts';
import { sign } from '../../../src/model/derived-keys.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { LaunchInterruptedError } from '../../../src/ports/jobs.ts';
import { runId } from '../../conformance/records.ts';

const secret = Buffer.from('the secret of the deployment');
const [one, two] = [runId(1), runId(2)];
const sleep = (run: RunId, subject: number): Transition => ({
  kind: 'timer.fired',
  run,
  timer: 'sleep',
  subject,
  generation: 0,
});
const nameOf = (transition: Transition): string =>
  transition.kind === 'timer.fired'
    ? `${transition.run === one ? 'one' : 'two'}:${transition.subject}`
    : '?';

const message = (transition: Transition, over: Partial<ReceivedMessage> = {}): ReceivedMessage => {
  return {
    id: nameOf(transition),
    body: seal(transition, secret),
    group: transition.run,
    receives: 1,
    ...over,
  };
};

let batches: string[][] = [];
let dropped: string[] = [];
const log: Log = {
  info: () => undefined,
  warn: (_, data) => dropped.push(String(data?.reason)),
  error: () => undefined,
};

/** Handles all messages, except those named in `failing`. */
const handleExcept = async (messages: readonly ReceivedMessage[], ...failing: string[]) => {
  const failed = await receiveBatch(messages, {
    secret,
    log,
    async handle(_, transitions) {
      batches.push(transitions.map(nameOf));
      if (transitions.some((transition) => failing.includes(nameOf(transition))))
        throw new Error('not now');
    },
  });
  expect(failed.some(({ isTemporary }) => isTemporary)).toBe(false);
  return failed.map(({ id }) => id);
};

beforeEach(() => {
  batches = [];
  dropped = [];
});

describe('a batch from the queue', () => {
  test('a batch is handled one run at a time, in the order of the run’s messages', async () => {
    expect(
      await handleExcept(
        [sleep(one, 1), sleep(two, 1), sleep(one, 2), sleep(two, 2)].map((each) => message(each)),
      ),
    ).toEqual([]);
    expect(batches).toEqual([
      ['one:1', 'one:2'],
      ['two:1', 'two:2'],
    ]);
  });

  test('all messages of a run that fails are returned, and other runs are handled', async () => {
    const failed = await handleExcept(
      [message(sleep(one, 1)), message(sleep(two, 1)), message(sleep(one, 2))],
      'one:2',
    );
    expect(failed).toEqual(['one:1', 'one:2']);
  });

  test('messages that failed before are handled one by one, and those before the failure are complete', async () => {
    const again = [1, 2, 3, 4].map((subject) =>
      message(sleep(one, subject), { receives: subject === 4 ? 1 : 2 }),
    );
    expect(await handleExcept(again, 'one:3')).toEqual(['one:3', 'one:4']);
    expect(batches).toEqual([['one:1'], ['one:2'], ['one:3']]);
  });

  test('a message that always fails is moved to the dead letters without the messages behind it', async () => {
    const isolated = [1, 2, 3].map((subject) => message(sleep(one, subject), { receives: 5 }));
    expect(await handleExcept(isolated, 'one:1')).toEqual(['one:1']);
    expect(batches).toEqual([['one:1'], ['one:2'], ['one:3']]);
  });

  test('the handler knows what was received with a batch, and whether it was received before', async () => {
    const handled: string[] = [];
    const handle = (...receives: readonly number[]) =>
      receiveBatch(
        receives.map((count, subject) => message(sleep(one, subject), { receives: count })),
        {
          secret,
          log,
          handle: async (_run, transitions, { received, isRepeated }) =>
            void handled.push(
              `${transitions.map(nameOf)} of ${received.map(nameOf)}${isRepeated ? ' again' : ''}`,
            ),
        },
      );
    await handle(1, 1);
    await handle(2, 1);
    expect(handled).toEqual([
      'one:0,one:1 of one:0,one:1',
      'one:0 of one:0,one:1 again',
      'one:1 of one:0,one:1 again',
    ]);
  });

  describe('a failure that passes', () => {
    const throttling = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    const interrupted = new LaunchInterruptedError('interrupted', { cause: throttling });
    let deferred: string[] = [];
    const defer = async (messages: readonly DeferredTransition[]) => {
      deferred.push(...messages.map(({ transition }) => nameOf(transition)));
    };
    const receive = (
      receives: readonly number[],
      options: Partial<Parameters<typeof receiveBatch>[1]>,
    ) =>
      receiveBatch(
        receives.map((count, subject) => message(sleep(one, subject), { receives: count })),
        { secret, log, handle: () => Promise.reject(throttling), defer, ...options },
      );
    const postponed = (...ids: readonly string[]) => ids.map((id) => ({ id, isTemporary: true }));
    beforeEach(() => {
      deferred = [];
    });

    test('defers the messages, which use up no receives', async () => {
      expect(await receive([1, 1], {})).toEqual([]);
      expect(deferred).toEqual(['one:0', 'one:1']);
    });

    test.each([
      ['within a launch', [1, 1], { handle: () => Promise.reject(interrupted) }],
      ['of messages that were received before', [2, 1], {}],
      ['when nothing can be sent', [1, 1], { defer: () => Promise.reject(throttling) }],
    ])('%s leaves the messages in front of later ones', async (_, receives, options) => {
      expect(await receive(receives, options)).toEqual(postponed('one:0', 'one:1'));
      expect(deferred).toEqual([]);
    });

    test('a failure of the message within a launch does not pass', async () => {
      const failure = new LaunchInterruptedError('interrupted', { cause: new Error('a fault') });
      expect(await receive([1], { handle: () => Promise.reject(failure) })).toEqual([
        { id: 'one:0', isTemporary: false },
      ]);
    });

    test('messages for which no time is left are deferred behind those that were handled', async () => {
      let turns = 0;
      const handled = async () => {
        turns += 1;
      };
      const failed = await receive([2, 2, 2], { handle: handled, hasTime: () => turns === 0 });
      expect(failed).toEqual([]);
      expect([turns, deferred]).toEqual([1, ['one:1', 'one:2']]);
    });

    test('without time for the first message, all are received again in their order', async () => {
      expect(await receive([2, 2], { hasTime: () => false })).toEqual(postponed('one:0', 'one:1'));
      expect(deferred).toEqual([]);
    });

    test('a message that fails without end is not deferred without end', async () => {
      const body = seal(sleep(one, 0), secret, { deferrals: 2000 });
      const failed = await receiveBatch([message(sleep(one, 0), { body })], {
        secret,
        log,
        handle: () => Promise.reject(throttling),
        defer,
      });
      expect([failed, deferred]).toEqual([postponed('one:0'), []]);
    });
  });

  test('duplicate and disordered messages are passed to the handler', async () => {
    const late = message(sleep(one, 1), { id: 'again' });
    await handleExcept([message(sleep(one, 2)), late, message(sleep(one, 1))]);
    expect(batches).toEqual([['one:2', 'one:1', 'one:1']]);
  });

  test.each([
    ['no JSON content', 'hello', /not an envelope/],
    ['another version', JSON.stringify({ v: 2, transition: sleep(one, 1) }), /not an envelope/],
    [
      'no transition',
      JSON.stringify({ v: 1, transition: { kind: 'run.exploded', run: one } }),
      /MAC does not match a run.exploded/,
    ],
    [
      'a control transition without a MAC',
      JSON.stringify({ v: 1, transition: sleep(one, 1) }),
      /MAC/,
    ],
    ['a MAC of another secret', seal(sleep(one, 1), Buffer.from('guessed')), /MAC/],
    [
      'the MAC of another transition',
      JSON.stringify({ ...JSON.parse(seal(sleep(one, 1), secret)), transition: sleep(one, 7) }),
      /MAC/,
    ],
    ['a transition of another run', seal(sleep(two, 1), secret), /its run is/],
    [
      'a time that no date has',
      JSON.stringify({ v: 1, transition: { kind: 'started', run: one, at: 1e20 } }),
      /not a valid started/,
    ],
    [
      'content that is nested a hundred thousand levels deep',
      `{"v":1,"transition":{"kind":"run.abort","run":"${one}","reason":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      /cannot be read/,
    ],
    [
      'a kind that has no text',
      '{"v":1,"transition":{"kind":{"toString":1,"valueOf":1}}}',
      /MAC does not match a transition without a kind/,
    ],
    [
      'a token that is an object whose length has no text',
      '{"v":1,"transition":{"kind":"finished","token":{"length":{"toString":1,"valueOf":1}}}}',
      /not a valid finished: .*cannot be read/,
    ],
    ['one hop too many', seal(sleep(one, 1), secret, { hops: MAX_HOPS + 1 }), /consecutive/],
  ])('a message with %s is dropped and not redelivered', async (_, body, reason) => {
    expect(
      await handleExcept([{ id: 'bad', body, group: one, receives: 1 }, message(sleep(one, 2))]),
    ).toEqual([]);
    expect(batches).toEqual([['one:2']]);
    expect(dropped).toEqual([expect.stringMatching(reason)]);
  });

  test('a message of a step needs no MAC: the controller checks its token', async () => {
    const started: Transition = {
      kind: 'started',
      run: one,
      call: 0,
      attempt: 1,
      job: 'j.1',
      token: 't',
      at: 1,
    };
    const received: Transition[] = [];
    await receiveBatch([message(started)], {
      secret,
      log,
      handle: async (_, transitions) => void received.push(...transitions),
    });
    expect(received).toEqual([started]);
  });

  test('a message of a turn has one hop more than the highest count in its batch', async () => {
    const hops: number[] = [];
    const counted = [3, 9, 0].map((count, subject) =>
      message(sleep(one, subject), { body: seal(sleep(one, subject), secret, { hops: count }) }),
    );
    await receiveBatch([...counted, message(sleep(two, 1))], {
      secret,
      log,
      handle: async () => void hops.push(nextHops()),
    });
    expect(hops).toEqual([10, 1]);
    expect(nextHops()).toBe(0);
  });

  test('defaults that the schema adds do not invalidate the MAC', () => {
    const sealed = JSON.parse(seal({ kind: 'run.sweep', run: one, unknownJobsLost: true }, secret));
    expect(open(JSON.stringify(sealed), secret).ok).toBe(true);
    expect(
      open(JSON.stringify({ ...sealed, transition: { kind: 'run.sweep', run: one } }), secret).ok,
    ).toBe(false);
  });
});

describe('a message of a newer version, which was rolled back', () => {
  /** A message as the deployment seals it: all versions share the scheme of the MAC. */
  const sealed = (transition: object): string => {
    const mac = sign(secret, 'control', JSON.stringify(transition)).toString('base64url');
    return JSON.stringify({ v: 1, transition, mac });
  };
  const newer = [
    { kind: 'run.paused', run: one },
    { kind: 'run.created', run: one, reason: 'a field of a later version' },
    { kind: 'timer.fired', run: one, timer: 'backup', subject: 0, generation: 0 },
  ];

  test.each(newer)(
    'an authentic message of a newer version is received again, and other messages are handled (4): %j',
    async (transition) => {
      expect(open(sealed(transition), secret)).toMatchObject({ ok: false, isAuthentic: true });
      const failed = await handleExcept([
        { id: 'newer', body: sealed(transition), group: one, receives: 1 },
        message(sleep(one, 2)),
        message(sleep(two, 1)),
      ]);
      expect(failed).toEqual(['newer']);
      expect(batches).toEqual([['one:2'], ['two:1']]);
      expect(dropped).toEqual([]);
    },
  );

  test.each(newer)(
    'a message of a newer version without the deployment’s MAC is dropped: %j',
    async (transition) => {
      for (const body of [
        JSON.stringify({ v: 1, transition }),
        JSON.stringify({ v: 1, transition, mac: 'x' }),
        sealed({ ...transition, run: two }).replace(two, one),
      ]) {
        expect(open(body, secret)).toMatchObject({ ok: false, isAuthentic: false });
        expect(await handleExcept([{ id: 'forged', body, group: one, receives: 1 }])).toEqual([]);
      }
      expect(dropped).toHaveLength(3);
    },
  );

  test('a runner’s message of a newer version is read without its unknown fields', () => {
    const started = { kind: 'started', run: one, call: 0, attempt: 1, job: 'j', token: 't', at: 1 };
    const opened = open(
      JSON.stringify({ v: 1, transition: { ...started, host: 'i-0123' } }),
      secret,
    );
    expect(opened).toMatchObject({ ok: true, transition: started });
  });

  test('a delayed message of a newer version is not lost', async () => {
    const sent: unknown[] = [];
    const send = async (...args: readonly unknown[]) => void sent.push(args);
    const router = createTransitionRouter({
      tasks: { group: async () => undefined, steps: async () => [] },
      transitions: { sendEach: send },
      delayQueue: { send },
      secret,
      clock: { now: () => 0 },
      log,
    });
    const bodies = [...newer.map(sealed), JSON.stringify({ v: 1, transition: newer[0] })];
    const failed = await router.route(bodies.map((body, index) => ({ id: `${index}`, body })));
    expect(failed).toEqual(newer.map((_, index) => `${index}`));
    expect(sent).toEqual([]);
    expect(dropped).toHaveLength(1);
  });
});
