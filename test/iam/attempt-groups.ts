/**
 * Attempts that several roles must not make, by the resource that they concern.
 *
 * @module
 */
import { MESSAGE_QUEUES } from '../../src/aws/deployment/message-queues.ts';
import { TABLES } from '../../src/aws/deployment/table-schemas.ts';
import type { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import { stepQueueId } from './cloud.ts';

export const TABLE_IDS = TABLES.map(({ constructId }) => constructId);
export const QUEUE_IDS = MESSAGE_QUEUES.map(({ constructId }) => constructId);
/** All queues except that of transitions, to which steps send. */
export const INTERNAL_QUEUE_IDS = QUEUE_IDS.filter((id) => id !== 'Queue');
/** The names of the roles of steps. */
export const PROJECTS = ['default', 'examples', 'teamother'];
const STEP_QUEUE_IDS = PROJECTS.map(stepQueueId);
export const RUN = '01k000000000000000000000zz';
/** Only the controller and the API use the history. */
const HISTORY = `p/examples/history/${RUN}/1/0-0.gz`;

export interface RoleNames {
  readonly arnOf: (id: string) => string;
}

export const readsTables = (may: Attempts): readonly Attempt[] =>
  TABLE_IDS.flatMap((table) => [may.gets(table), may.queries(table), may.scans(table)]);
export const writesTables = (may: Attempts): readonly Attempt[] =>
  TABLE_IDS.flatMap((table) => [may.puts(table), may.updates(table), may.deletes(table)]);
export const changesJobs = (may: Attempts): readonly Attempt[] => [
  may.submits(),
  may.terminates(),
  may.terminates('some-array:0'),
  may.tags('job/some-job'),
  may.tags('job-queue/headrace-default'),
  may.cancels(),
  may.describesJobs(),
];
export const listsJobs = (may: Attempts): readonly Attempt[] => [
  may.describesQueues(),
  may.describesMachines(),
  may.listsJobs(),
];
export const writesObjects = (may: Attempts): readonly Attempt[] =>
  [
    'code/0123',
    HISTORY,
    `p/examples/spec/${RUN}/a/spec`,
    `p/examples/data/${RUN}/0/1/forged`,
  ].flatMap((key) => [may.writes(key), may.removes(key)]);
export const readsObjects = (may: Attempts): readonly Attempt[] =>
  ['code/0123', HISTORY, `p/examples/spec/${RUN}/a/spec`, `p/examples/data/${RUN}/0/1/x`].flatMap(
    (key) => [may.reads(key), may.heads(key)],
  );
export const readsQueues = (may: Attempts): readonly Attempt[] =>
  QUEUE_IDS.flatMap((queue) => [may.receives(queue), may.purges(queue)]);
/** The messages of the functions of steps. */
export const readsStepQueues = (may: Attempts): readonly Attempt[] =>
  STEP_QUEUE_IDS.flatMap((queue) => [
    may.receives(queue),
    may.hidesAgain(queue),
    may.purges(queue),
  ]);
export const sendsSteps = (may: Attempts): readonly Attempt[] => STEP_QUEUE_IDS.map(may.sends);
export const usesSecrets = (may: Attempts): readonly Attempt[] => [
  may.readsSecret('StorageTokens'),
  may.changesSecret('StorageTokens'),
  may.readsSecret('examples/key'),
  may.readsSecret('other/key'),
];
/** Services of the deployment that only the controller uses. */
export const usesControl = (may: Attempts, arnOf: RoleNames['arnOf']): readonly Attempt[] => [
  may.invokes('EvaluatorFunction'),
  may.invokes('ControllerFunction'),
  may.invokes('ApiFunction'),
  may.publishesEvent(),
  may.publishesEvent('default'),
  may.schedules(arnOf('TransitionsScheduleRole')),
  may.assumesRole(arnOf('ControllerRole')),
];
