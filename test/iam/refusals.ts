/**
 * The requests that each role must refuse, from the view of an attacker with its credentials, and
 * the requests that AWS itself makes under each role.
 *
 * The lists are written by hand. Only the ids of tables and queues follow from the deployment, so
 * that a new one is refused to every role that does not need it.
 *
 * @module
 */
import { MESSAGE_QUEUES } from '../../src/aws/deployment/message-queues.ts';
import { TABLES } from '../../src/aws/deployment/table-schemas.ts';
import type { Attempt } from './attempt.ts';
import type { Attempts } from './attempts.ts';

const TABLE_IDS = TABLES.map(({ constructId }) => constructId);
const QUEUE_IDS = MESSAGE_QUEUES.map(({ constructId }) => constructId);
/** All queues except that of transitions, to which steps send. */
const INTERNAL_QUEUE_IDS = QUEUE_IDS.filter((id) => id !== 'Queue');
const RUN = '01k000000000000000000000zz';
/** Only the controller and the API use the history. */
const HISTORY = `p/examples/history/${RUN}/1/0-0.gz`;

export interface RoleNames {
  readonly arnOf: (id: string) => string;
}

/** What each role must not do, by the role's id. */
export const refusalsOf = (
  may: Attempts,
  { arnOf }: RoleNames,
): Readonly<Record<string, readonly Attempt[]>> => ({
  ...functionRefusals(may, arnOf),
  ...controlRefusals(may, arnOf),
  ...stepRefusals(may, arnOf),
});

/** What a role may do although no recorded scenario needs it: AWS's own part, and failures. */
export function permitted(may: Attempts): Readonly<Record<string, readonly Attempt[]>> {
  const log = (id: string): Attempt => may.logsTo(`${id}Logs`);
  return {
    EvaluatorRole: [log('Evaluator')],
    // The scenario stops no single member of an array.
    // The scenario has no launch that waits long, and its turns may all succeed.
    ControllerRole: [
      log('Controller'),
      may.terminates('some-array:0'),
      may.describesQueues(),
      may.hidesAgain('Queue'),
    ],
    RouterRole: [log('Router')],
    // The scenario has no run that does not change for ten minutes.
    SweeperRole: [log('Sweeper'), may.sends('Undelivered'), may.sends('Queue')],
    ApiRole: [log('Api')],
    TransitionsScheduleRole: [may.sends('Delays'), may.sends('Undelivered')],
    ProjectsStepexamples: [may.abortsUpload(`p/examples/data/${RUN}/0/1/x`)],
    ProjectsStepteamother: [may.abortsUpload(`p/team%2Fother/data/${RUN}/0/1/x`)],
    ProjectsStepdefault: [may.abortsUpload(`p/undeclared/data/${RUN}/0/1/x`)],
  };
}

const readsTables = (may: Attempts): readonly Attempt[] =>
  TABLE_IDS.flatMap((table) => [may.gets(table), may.queries(table), may.scans(table)]);
const writesTables = (may: Attempts): readonly Attempt[] =>
  TABLE_IDS.flatMap((table) => [may.puts(table), may.updates(table), may.deletes(table)]);
const touchesJobs = (may: Attempts): readonly Attempt[] => [
  may.submits(),
  may.terminates(),
  may.terminates('some-array:0'),
  may.tags('job/some-job'),
  may.tags('job-queue/headrace-default'),
  may.cancels(),
  may.describesJobs(),
  may.describesQueues(),
  may.listsJobs(),
];
const writesObjects = (may: Attempts): readonly Attempt[] =>
  [
    'code/0123',
    HISTORY,
    `p/examples/spec/${RUN}/a/spec`,
    `p/examples/data/${RUN}/0/1/forged`,
  ].flatMap((key) => [may.writes(key), may.removes(key)]);
const readsObjects = (may: Attempts): readonly Attempt[] =>
  ['code/0123', HISTORY, `p/examples/spec/${RUN}/a/spec`, `p/examples/data/${RUN}/0/1/x`].flatMap(
    (key) => [may.reads(key), may.heads(key)],
  );
const readsQueues = (may: Attempts): readonly Attempt[] =>
  QUEUE_IDS.flatMap((queue) => [may.receives(queue), may.purges(queue)]);
const usesSecrets = (may: Attempts): readonly Attempt[] => [
  may.readsSecret('StorageTokens'),
  may.changesSecret('StorageTokens'),
  may.readsSecret('examples/key'),
  may.readsSecret('other/key'),
];
/** Services of the deployment that only the controller uses. */
const usesControl = (may: Attempts, arnOf: RoleNames['arnOf']): readonly Attempt[] => [
  may.invokes('EvaluatorFunction'),
  may.invokes('ControllerFunction'),
  may.invokes('ApiFunction'),
  may.publishesEvent(),
  may.publishesEvent('default'),
  may.schedules(arnOf('TransitionsScheduleRole')),
  may.assumesRole(arnOf('ControllerRole')),
];

/** Functions with few permissions. */
const functionRefusals = (may: Attempts, arnOf: RoleNames['arnOf']) => ({
  // Code of users runs under this role: it may only write its log.
  EvaluatorRole: [
    ...readsTables(may),
    ...writesTables(may),
    ...readsObjects(may),
    ...writesObjects(may),
    may.lists(''),
    ...touchesJobs(may),
    may.registers(arnOf('ControllerRole')),
    ...readsQueues(may),
    ...QUEUE_IDS.map(may.sends),
    ...usesSecrets(may),
    ...usesControl(may, arnOf),
    may.readsLog('EvaluatorLogs'),
    may.readsLog('ProjectsLogs'),
    may.logsTo('ControllerLogs'),
    may.logsTo('ProjectsLogs'),
  ],
  RouterRole: [
    ...writesTables(may),
    may.scans('Tasks'),
    may.queries('Tasks', { name: 'liveRuns', key: 'live' }),
    may.gets('Cache'),
    ...readsObjects(may),
    ...writesObjects(may),
    ...touchesJobs(may),
    may.registers(arnOf('ProjectsStepexamples')),
    may.receives('Queue'),
    may.purges('Queue'),
    may.purges('Delays'),
    may.purges('JobEvents'),
    may.receives('Undelivered'),
    may.sends('Undelivered'),
    may.sends('JobEvents'),
    may.sends('DeadLetters'),
    may.changesSecret('StorageTokens'),
    may.readsSecret('examples/key'),
    ...usesControl(may, arnOf),
    may.readsLog('ProjectsLogs'),
  ],
  SweeperRole: [
    ...writesTables(may),
    may.scans('Tasks'),
    may.queries('Tasks', { name: 'runs', key: 'kind' }),
    may.gets('Cache'),
    ...readsObjects(may),
    ...writesObjects(may),
    ...touchesJobs(may),
    ...readsQueues(may),
    may.sends('Delays'),
    may.sends('JobEvents'),
    may.changesSecret('StorageTokens'),
    may.readsSecret('examples/key'),
    ...usesControl(may, arnOf),
  ],
  TransitionsScheduleRole: [
    may.sends('Queue'),
    may.sends('DeadLetters'),
    may.sends('JobEvents'),
    ...readsQueues(may),
    ...readsTables(may),
    ...readsObjects(may),
    ...usesSecrets(may),
    ...usesControl(may, arnOf),
  ],
});

/** The two functions that create and change runs. */
const controlRefusals = (may: Attempts, arnOf: RoleNames['arnOf']) => ({
  ApiRole: [
    ...touchesJobs(may),
    may.registers(arnOf('ProjectsStepexamples')),
    ...usesControl(may, arnOf),
    ...readsQueues(may),
    may.sends('DeadLetters'),
    may.sends('Undelivered'),
    may.sends('JobEvents'),
    ...TABLE_IDS.map(may.scans),
    // Runs share code, which is never removed. All other objects of a run may be removed.
    may.removes('code/0123'),
    may.removesMany('p/examples/data/a', 'code/0123'),
    may.changesSecret('StorageTokens'),
    may.readsSecret('examples/key'),
    may.readsLog('ControllerLogs'),
    may.logsTo('ProjectsLogs'),
  ],
  ControllerRole: [
    ...TABLE_IDS.map(may.scans),
    may.queries('Tasks', { name: 'runs', key: 'kind' }),
    may.removes('code/0123'),
    may.removes(`p/examples/data/${RUN}/0/1/x`),
    may.submits('foreign'),
    may.submits('headrace-default', may.otherDefinition),
    may.submits('headrace-default', may.definitionOfLongerPrefix),
    may.terminates(),
    may.tags('job/some-job'),
    may.registers(arnOf('ControllerRole')),
    may.registers(arnOf('TransitionsScheduleRole')),
    may.registers(arnOf('ProjectsStepexamples'), 'foreign'),
    may.cancels(),
    may.schedules(arnOf('ControllerRole')),
    may.schedules(arnOf('TransitionsScheduleRole'), 'default'),
    may.invokes('ApiFunction'),
    may.invokes('ControllerFunction'),
    may.publishesEvent('default'),
    may.purges('Queue'),
    may.reconfigures('Queue'),
    may.receives('Delays'),
    may.receives('JobEvents'),
    may.receives('DeadLetters'),
    may.sends('DeadLetters'),
    may.sends('JobEvents'),
    may.changesSecret('StorageTokens'),
    may.readsSecret('examples/key'),
    may.readsSecret('other/key'),
    may.readsLog('ProjectsLogs'),
    may.logsTo('ProjectsLogs'),
  ],
});

function stepRefusals(may: Attempts, arnOf: RoleNames['arnOf']) {
  const anyStep = anyStepRefusals(may, arnOf);
  return {
    ProjectsStepexamples: [
      ...anyStep,
      ...ownProjectRefusals(may, 'p/examples'),
      ...ownProjectRefusals(may, 'o/examples'),
      ...otherProjectRefusals(may, 'p/team%2Fother'),
      ...otherProjectRefusals(may, 'o/team%2Fother'),
      ...otherProjectRefusals(may, 'p/undeclared'),
      // Names that have its own name as a prefix.
      ...otherProjectRefusals(may, 'p/examples2'),
      ...otherProjectRefusals(may, 'p/examples%2Fnested'),
    ],
    ProjectsStepteamother: [
      ...anyStep,
      may.readsSecret('examples/key'),
      ...ownProjectRefusals(may, 'p/team%2Fother'),
      ...ownProjectRefusals(may, 'o/team%2Fother'),
      ...otherProjectRefusals(may, 'o/examples'),
      ...otherProjectRefusals(may, 'p/examples'),
      ...otherProjectRefusals(may, 'p/team'),
    ],
    ProjectsStepdefault: [
      ...anyStep,
      may.readsSecret('examples/key'),
      ...ownProjectRefusals(may, 'p/undeclared'),
      ...ownProjectRefusals(may, 'o/undeclared'),
      ...otherProjectRefusals(may, 'o/examples'),
      ...otherProjectRefusals(may, 'o/team%2Fother'),
      // The star of the shared role's permissions, p/*/data/*, matches slashes, too.
      may.writes(`p/undeclared/history/${RUN}/data/x`),
      may.uploads(`p/undeclared/history/${RUN}/data/x`),
      may.reads(`p/undeclared/history/${RUN}/data/x`),
      may.reads(`p/undeclared/history/${RUN}/spec/x`),
      may.writes(`p/undeclared/spec/${RUN}/data/x`),
      ...otherProjectRefusals(may, 'p/examples'),
      ...otherProjectRefusals(may, 'p/team%2Fother'),
    ],
    ProjectsExecution: [
      ...readsTables(may),
      ...writesTables(may),
      ...readsObjects(may),
      ...writesObjects(may),
      ...touchesJobs(may),
      ...readsQueues(may),
      may.sends('Queue'),
      ...usesSecrets(may),
      ...usesControl(may, arnOf),
      may.readsLog('ProjectsLogs'),
      may.logsTo('ControllerLogs'),
    ],
  };
}

/** A step of any project. */
const anyStepRefusals = (may: Attempts, arnOf: RoleNames['arnOf']): readonly Attempt[] => [
  ...readsTables(may),
  ...writesTables(may),
  ...touchesJobs(may),
  may.registers(arnOf('ControllerRole')),
  ...readsQueues(may),
  ...INTERNAL_QUEUE_IDS.map(may.sends),
  may.reconfigures('Queue'),
  may.readsSecret('StorageTokens'),
  may.changesSecret('StorageTokens'),
  may.readsSecret('other/key'),
  ...usesControl(may, arnOf),
  may.lists(''),
  may.lists('p/'),
  may.writes('code/0123'),
  may.removes('code/0123'),
  may.readsLog('ProjectsLogs'),
  may.logsTo('ProjectsLogs'),
  may.logsTo('ControllerLogs'),
];

/** A step, in the folder of a project that is not its own. */
const otherProjectRefusals = (may: Attempts, folder: string): readonly Attempt[] => [
  ...['data', 'spec', 'history'].flatMap((kind) => [
    may.reads(`${folder}/${kind}/${RUN}/0/1/x`),
    may.heads(`${folder}/${kind}/${RUN}/0/1/x`),
  ]),
  ...['data', 'spec', 'history'].map((kind) => may.writes(`${folder}/${kind}/${RUN}/0/1/x`)),
  may.uploads(`${folder}/data/${RUN}/0/1/x`),
  may.removes(`${folder}/data/${RUN}/0/1/x`),
];

/**
 * A step, in its own project: results are final; specs and the history belong to the controller.
 */
const ownProjectRefusals = (may: Attempts, folder: string): readonly Attempt[] => [
  may.reads(`${folder}/history/${RUN}/1/0-0.gz`),
  may.writes(`${folder}/history/${RUN}/1/latest.json`),
  may.writes(`${folder}/spec/${RUN}/a/spec`),
  may.uploads(`${folder}/spec/${RUN}/a/spec`),
  may.removes(`${folder}/data/${RUN}/0/1/x`),
  may.removesMany(`${folder}/data/${RUN}/0/1/x`, `${folder}/data/${RUN}/0/1/y`),
  may.writes(`${folder}/other`),
  may.lists(`${folder}/data/`),
];
