/**
 * What a step may try that means no good: it can send to the queue, it knows its own token and all
 * that can be guessed; not the secret, and no other token.
 *
 * @module
 */
import { deduplicationId } from '../../../src/aws/messages/envelope.ts';
import { CONTAINER_VARIABLES, containerJobId } from '../../../src/model/container.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { RunnerMessage } from '../../../src/model/spec.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { NewMessage } from '../../../testing/sqs/queue.ts';
import type { World } from './deployment/faulty-deployment.ts';
import type { Member } from './services/batch.ts';

export interface Forgery {
  readonly what: string;
  readonly message: NewMessage;
  /** What is logged of it. */
  readonly logged: { readonly event: 'message dropped' | 'message refused'; readonly text: string };
}

const MINUTE = 60_000;
/** The calls of the held run. */
const [FORGER, VICTIM] = [0, 1];

/**
 * Of the run's jobs, in the order of their submission: the first was the forger's, the others are
 * those of the victim's attempts.
 */
export function forgeriesOf(world: World, run: RunId, other: RunId): readonly Forgery[] {
  const [first, ...attempts] = world.batch.members.filter(({ jobName }) => jobName.startsWith(run));
  const [earliest, held] = [attempts[0], attempts.at(-1)];
  if (first === undefined || earliest === undefined || held === undefined)
    throw new Error('the forger and its victim have no jobs');
  const [own, owner] = [tokenOf(first), containerJobId(held.jobId, 1)];
  const at = world.clock.now();
  const now = attempts.length;
  const says = (token: string, attempt: number, job = owner): RunnerMessage => ({
    kind: 'finished',
    run,
    call: VICTIM,
    attempt,
    job,
    token,
    at,
    outcome: { ok: true, values: [{ format: 'json', text: '99' }], artifacts: [] },
  });
  const refused = (what: string, message: RunnerMessage): Forgery => ({
    what,
    // Under the id that it could guess: the owner's word must not be swallowed.
    message: {
      body: JSON.stringify({ v: 1, transition: message }),
      group: run,
      deduplication: deduplicationId(message, undefined),
    },
    logged: {
      event: 'message refused',
      text: `"kind":"finished","run":"${run}","call":${VICTIM},"attempt":${message.attempt}`,
    },
  });
  const control = (transition: Transition, extra: object = {}): Forgery => ({
    what: `${transition.kind} ${'mac' in extra ? 'with a MAC of its own' : 'without a MAC'}`,
    message: {
      body: JSON.stringify({ v: 1, transition, ...extra }),
      group: run,
      deduplication: `${transition.kind} ${JSON.stringify(extra)}`,
    },
    logged: { event: 'message dropped', text: `its MAC does not match a ${transition.kind}` },
  });
  const controls: readonly Transition[] = [
    { kind: 'run.abort', run, reason: 'for fun' },
    { kind: 'run.resume', run, revision: 0 },
    { kind: 'run.sweep', run, unknownJobsLost: true },
    { kind: 'run.created', run },
    { kind: 'timer.fired', run, timer: 'retry', subject: VICTIM, generation: 1 },
    {
      kind: 'job.ended',
      run,
      call: VICTIM,
      attempt: now,
      job: owner,
      exitCode: 1,
      signal: null,
      fault: 'step',
      reason: 'for fun',
      at,
    },
  ];
  return [
    refused('the token of another step', says(own, now)),
    refused('no token', says('', now)),
    refused("another step's token, as another job", says(own, now, containerJobId(first.jobId, 1))),
    refused(
      'the token of an attempt before it',
      now === 1 ? says(tokenOf(held), 2) : says(tokenOf(earliest), now),
    ),
    ...controls.flatMap((transition) => [
      control(transition),
      control(transition, { mac: 'x'.repeat(43) }),
    ]),
    {
      what: "into another run's group",
      message: {
        body: JSON.stringify({ v: 1, transition: { ...says(own, 1), call: FORGER } }),
        group: other,
        deduplication: 'elsewhere',
      },
      logged: { event: 'message dropped', text: `its run is ${run}` },
    },
    {
      what: 'no message at all',
      message: {
        body: '{"v":1,"transition":{"kind":"finished"}}',
        group: run,
        deduplication: 'nothing',
      },
      logged: { event: 'message dropped', text: 'it holds no transition' },
    },
  ];
}

const tokenOf = ({ environment }: Member): string => environment[CONTAINER_VARIABLES.token] ?? '';

/**
 * Sends them all, and says which was not logged. Of a run that is over, what steps say is not even
 * looked at.
 */
export async function forge(
  world: World,
  run: RunId,
  other: RunId,
  isLive: boolean,
): Promise<readonly string[]> {
  // Those that were sent before would be the same messages for five minutes.
  await world.until(() => false, 6 * MINUTE);
  const forgeries = forgeriesOf(world, run, other);
  for (const { message } of forgeries) world.queues.byName.transitions.send(message);
  await world.until(() => world.queues.byName.transitions.messages.length === 0, MINUTE);
  const lines = world.log.map(({ event, data }) => ({ event, text: JSON.stringify(data) }));
  return forgeries
    .filter(({ logged }) => isLive || logged.event === 'message dropped')
    .filter(
      ({ logged }) =>
        !lines.some(({ event, text }) => event === logged.event && text.includes(logged.text)),
    )
    .map(({ what }) => `not logged as refused: ${what}`);
}
