/**
 * Messages: envelopes of the queue, Batch's events, and what the process of a step sends.
 *
 * @module
 */
import { readSqsRecords } from '../../../src/aws/lambda/sqs-event.ts';
import { open, seal } from '../../../src/aws/messages/envelope.ts';
import { receiveBatch } from '../../../src/aws/messages/receive-batch.ts';
import { createTransitionRouter } from '../../../src/aws/messages/transition-router.ts';
import { sign } from '../../../src/model/derived-keys.ts';
import type { Json } from '../../../src/model/json.ts';
import { readRunnerMessage } from '../../../src/model/spec.ts';
import { type Transition, transitionSchema } from '../../../src/model/transition.ts';
import { fromRunnerSchema } from '../../../src/runner/protocol-schema.ts';
import type { Random } from '../../simulation/random.ts';
import { randomText } from '../generate/bytes.ts';
import { hostileJson } from '../generate/json.ts';
import { asJson, requireEqual, requireThat, type Target } from '../target.ts';
import { BATCH_EVENT, CONTROLS, JOB_ENDED, MESSAGES, RUN } from './records.ts';

const SECRET = Buffer.from('a secret of a deployment');
const NO_LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Messages as a runner sends them, as the deployment does, and as a step with the queue's name may. */
function envelopeText(random: Random): string {
  const transition = hostileJson(random, [...MESSAGES, ...CONTROLS]);
  const kind = random.int(0, 9);
  if (kind === 0) return randomText(random, 60);
  if (kind === 1)
    return hostileJson(random, [{ v: 1, transition: JOB_ENDED, mac: 'm', hops: 1, at: 5 }]);
  const mac = sign(SECRET, 'control', canonical(transition)).toString('base64url');
  return `{"v":1,"transition":${transition},"mac":${JSON.stringify(random.chance(0.7) ? mac : 'm')},"hops":${random.int(-1, 3)},"at":${random.pick(['0', '1e300', 'null', '1700000000000'])}}`;
}

/** The text that a MAC covers: that of the parsed content. */
function canonical(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

const envelopes: Target<string> = {
  name: 'envelopes',
  share: 8,
  generate: envelopeText,
  check(text) {
    const opened = open(text, SECRET);
    if (!opened.ok) return;
    const again = open(seal(opened.transition, SECRET), SECRET);
    requireThat(again.ok, 'a transition that was accepted cannot be sent');
    requireEqual(again.transition, asJson(opened.transition), 'the transition');
  },
};

const batches: Target<readonly string[]> = {
  name: 'batches',
  share: 3,
  generate: (random) => Array.from({ length: random.int(1, 4) }, () => envelopeText(random)),
  async check(bodies) {
    const valid = seal({ kind: 'run.created', run: RUN }, SECRET);
    const handled: Transition[] = [];
    const event = {
      Records: [...bodies, valid].map((body, index) => ({
        messageId: String(index),
        receiptHandle: 'r',
        body,
        attributes: { ApproximateReceiveCount: '1', MessageGroupId: RUN },
      })),
    };
    const records = readSqsRecords(event) ?? [];
    await receiveBatch(
      records.map(({ messageId, body, attributes }) => ({
        id: messageId,
        body,
        group: attributes.MessageGroupId,
        receives: attributes.ApproximateReceiveCount,
      })),
      {
        secret: SECRET,
        log: NO_LOG,
        async handle(_, transitions) {
          handled.push(...transitions);
        },
      },
    );
    requireThat(
      handled.some(({ kind }) => kind === 'run.created'),
      'a valid message was lost with an invalid one',
    );
  },
};

const routedEvents: Target<{ readonly event: string; readonly body: string }> = {
  name: 'routed-events',
  share: 4,
  generate: (random) => ({
    event: hostileJson(random, [BATCH_EVENT]),
    body: envelopeText(random),
  }),
  async check({ event, body }) {
    const sent: Transition[] = [];
    const router = createTransitionRouter({
      tasks: {
        group: async () => ({
          number: 0,
          name: `${RUN}-0-0`,
          component: 'step',
          queue: 'default',
          members: [{ call: 0, attempt: 1 }],
        }),
        steps: async () => [],
      },
      transitions: {
        async sendEach(messages) {
          sent.push(...messages.map(({ transition }) => transition));
        },
      },
      delayQueue: {
        async send(messages) {
          sent.push(...messages.map(({ transition }) => transition));
        },
      },
      secret: SECRET,
      clock: { now: () => 1_700_000_000_000 },
      log: NO_LOG,
    });
    await router.route([
      { id: 'event', body: event },
      { id: 'delayed', body },
    ]);
    for (const transition of sent)
      requireThat(transitionSchema.safeParse(transition).success, 'it sent an invalid transition');
  },
};

const runnerMessages: Target<string> = {
  name: 'runner-messages',
  share: 4,
  generate: (random) =>
    hostileJson(random, [
      { kind: 'ready', heapLimit: 1e9 },
      ...MESSAGES.map((message): Json => ({ kind: 'message', id: 1, message })),
    ]),
  check(text) {
    const message = fromRunnerSchema.safeParse(parse(text));
    if (!message.success || message.data.kind !== 'message') return;
    const read = readRunnerMessage(message.data.message);
    if (!read.ok) return;
    const again = readRunnerMessage(asJson(read.message));
    requireEqual(again.ok ? again.message : again.reason, asJson(read.message), 'the message');
  },
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const MESSAGE_TARGETS: readonly Target[] = [
  envelopes,
  batches,
  routedEvents,
  runnerMessages,
];
