/**
 * Messages that a hostile step could forge. It can send to the queue, and it knows its own token
 * and everything that can be guessed, but neither the secret nor another token.
 *
 * @module
 */

import { deduplicationId } from '../../../src/aws/messages/envelope.ts';
import { CONTAINER_VARIABLES, containerJobId } from '../../../src/model/container.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { RunnerMessage } from '../../../src/model/spec.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { BatchMember } from '../../../testing/batch/memory-batch.ts';
import type { NewMessage } from '../../../testing/sqs/queue.ts';
import type { FaultyDeployment } from './deployment/faulty-deployment.ts';

export interface Forgery {
  readonly what: string;
  readonly message: NewMessage;
  /** The log entry that the controller writes about it. */
  readonly logged: { readonly event: 'message dropped' | 'message refused'; readonly text: string };
}

const MINUTE = 60_000;
/** The calls of the held run. */
const [FORGER, VICTIM] = [0, 1];

/** The run's first job is the forger's; the later jobs are the victim's attempts. */
export function forgeriesOf(
  deployment: FaultyDeployment,
  run: RunId,
  other: RunId,
): readonly Forgery[] {
  const [first, ...attempts] = deployment.batch.members.filter(({ jobName }) =>
    jobName.startsWith(run),
  );
  const [earliest, held] = [attempts[0], attempts.at(-1)];
  if (first === undefined || earliest === undefined || held === undefined)
    throw new Error('the forger and its victim have no jobs');
  const [forgerToken, victimJob] = [tokenOf(first), containerJobId(held.jobId, 1)];
  const at = deployment.clock.now();
  const attempt = attempts.length;
  const finished = (token: string, ofAttempt: number, job = victimJob): RunnerMessage => ({
    kind: 'finished',
    run,
    call: VICTIM,
    attempt: ofAttempt,
    job,
    token,
    at,
    outcome: { ok: true, values: [{ format: 'json', text: '99' }], artifacts: [] },
  });
  const refused = (what: string, message: RunnerMessage): Forgery => ({
    what,
    // The forger can guess this id. It must not make the queue drop the victim's own message.
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
      attempt,
      job: victimJob,
      exitCode: 1,
      signal: null,
      fault: 'step',
      reason: 'for fun',
      at,
    },
  ];
  return [
    refused('the token of another step', finished(forgerToken, attempt)),
    refused('no token', finished('', attempt)),
    refused(
      "another step's token, as another job",
      finished(forgerToken, attempt, containerJobId(first.jobId, 1)),
    ),
    refused(
      'the token of another attempt',
      attempt === 1 ? finished(tokenOf(held), 2) : finished(tokenOf(earliest), attempt),
    ),
    ...controls.flatMap((transition) => [
      control(transition),
      control(transition, { mac: 'x'.repeat(43) }),
    ]),
    {
      what: "into another run's group",
      message: {
        body: JSON.stringify({ v: 1, transition: { ...finished(forgerToken, 1), call: FORGER } }),
        group: other,
        deduplication: 'other group',
      },
      logged: { event: 'message dropped', text: `its run is ${run}` },
    },
    {
      what: 'no message at all',
      message: {
        body: '{"v":1,"transition":{"kind":"finished"}}',
        group: run,
        deduplication: 'no message',
      },
      logged: { event: 'message dropped', text: 'it is not a valid finished' },
    },
  ];
}

const tokenOf = ({ environment }: BatchMember): string =>
  environment[CONTAINER_VARIABLES.token] ?? '';

/**
 * Sends all forgeries, and returns those that were not logged. The messages of steps are not
 * checked when the run is complete.
 */
export async function forge(
  deployment: FaultyDeployment,
  run: RunId,
  other: RunId,
  isLive: boolean,
): Promise<readonly string[]> {
  // The queue drops messages equal to those of the last five minutes.
  await deployment.until(() => false, 6 * MINUTE);
  const forgeries = forgeriesOf(deployment, run, other);
  for (const { message } of forgeries) deployment.queues.byName.transitions.send(message);
  await deployment.until(() => deployment.queues.byName.transitions.messages.length === 0, MINUTE);
  const lines = deployment.log.map(({ event, data }) => ({ event, text: JSON.stringify(data) }));
  return forgeries
    .filter(({ logged }) => isLive || logged.event === 'message dropped')
    .filter(
      ({ logged }) =>
        !lines.some(({ event, text }) => event === logged.event && text.includes(logged.text)),
    )
    .map(({ what }) => `not logged as refused: ${what}`);
}
