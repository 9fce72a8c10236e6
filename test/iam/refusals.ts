/**
 * The requests that each role must refuse, from the view of an attacker with its credentials, and
 * the requests that AWS itself makes under each role.
 *
 * The lists are written by hand: those of a group of attempts in one table (`group-refusals.ts`),
 * those of single roles here. Only the ids of tables and queues follow from the deployment, so
 * that a new one is refused to every role that does not need it.
 *
 * @module
 */
import type { Attempt } from './attempt.ts';
import {
  INTERNAL_QUEUE_IDS,
  PROJECTS,
  QUEUE_IDS,
  type RoleNames,
  RUN,
  TABLE_IDS,
} from './attempt-groups.ts';
import type { Attempts } from './attempts.ts';
import { STEP_QUEUE, stepLogsId, stepQueueId } from './cloud.ts';
import { groupRefusals, ROLES, type RoleId } from './group-refusals.ts';

/** What each role must not do, by the role's id. */
export function refusalsOf(
  may: Attempts,
  { arnOf }: RoleNames,
): Readonly<Record<string, readonly Attempt[]>> {
  const own = { ...functionRefusals(may, arnOf), ...stepRefusals(may, arnOf) };
  const groups = groupRefusals(may, arnOf);
  return Object.fromEntries(
    ROLES.map((role) => [
      role,
      [
        ...groups.flatMap(({ roles, refuse }) => (roles.includes(role) ? refuse : [])),
        ...(own[role] ?? []),
      ],
    ]),
  );
}

/** What a role may do although no recorded scenario needs it: AWS's own part, and failures. */
export function permitted(may: Attempts): Readonly<Record<string, readonly Attempt[]>> {
  const log = (id: string): Attempt => may.logsTo(`${id}Logs`);
  // Lambda writes the log of a function. The scenario has no step that runs for ten seconds.
  const ofFunction = (project: string): readonly Attempt[] => [
    may.logsTo(stepLogsId(project)),
    may.hidesAgain(stepQueueId(project)),
  ];
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
    // The scenario has no queue of Batch that is blocked, and no result that is late.
    RouterRole: [log('Router'), may.sends('Delays')],
    // The scenario has no run that does not change for ten minutes.
    SweeperRole: [log('Sweeper'), may.sends('Undelivered'), may.sends('Queue')],
    SchedulesRole: [log('Schedules')],
    ScheduleTimersRole: [may.sends('Firings'), may.sends('Undelivered')],
    // No stream of these logs exists.
    ApiRole: [
      log('Api'),
      ...PROJECTS.map((project) => notFound(may.readsLog(stepLogsId(project)))),
    ],
    TransitionsScheduleRole: [may.sends('Delays'), may.sends('Undelivered')],
    ProjectsStepexamples: [
      may.abortsUpload(`p/examples/data/${RUN}/0/1/x`),
      ...ofFunction('examples'),
    ],
    ProjectsStepteamother: [
      may.abortsUpload(`p/team%2Fother/data/${RUN}/0/1/x`),
      ...ofFunction('teamother'),
    ],
    ProjectsStepdefault: [
      may.abortsUpload(`p/undeclared/data/${RUN}/0/1/x`),
      ...ofFunction('default'),
    ],
  };
}

/** An attempt that is allowed and finds nothing. */
const notFound = ({ what, run }: Attempt): Attempt => ({
  what,
  run: (caller) =>
    run(caller).catch((error: unknown) => {
      if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
    }),
});

/** Refusals of single roles, beside those of groups. */
const functionRefusals = (
  may: Attempts,
  arnOf: RoleNames['arnOf'],
): Partial<Record<RoleId, readonly Attempt[]>> => ({
  // Code of users runs under this role: it may only write its log.
  EvaluatorRole: [
    may.lists(''),
    may.registers(arnOf('ControllerRole')),
    ...QUEUE_IDS.map(may.sends),
    may.readsLog('EvaluatorLogs'),
    may.readsLog('ProjectsLogs'),
    may.logsTo('ControllerLogs'),
    may.logsTo('ProjectsLogs'),
  ],
  RouterRole: [
    may.scans('Tasks'),
    may.queries('Tasks', { name: 'liveRuns', key: 'live' }),
    may.gets('Cache'),
    may.registers(arnOf('ProjectsStepexamples')),
    may.receives('Queue'),
    may.purges('Queue'),
    may.purges('Delays'),
    may.purges('JobEvents'),
    may.receives('Undelivered'),
    may.sends('Undelivered'),
    may.sends('JobEvents'),
    may.sends('DeadLetters'),
    may.readsLog('ProjectsLogs'),
  ],
  SweeperRole: [
    may.scans('Tasks'),
    may.queries('Tasks', { name: 'runs', key: 'kind' }),
    may.gets('Cache'),
    may.sends('Delays'),
    may.sends('JobEvents'),
  ],
  SchedulesRole: [
    may.scans('Tasks'),
    may.queries('Tasks', { name: 'liveRuns', key: 'live' }),
    may.gets('Cache'),
    may.registers(arnOf('ProjectsStepexamples')),
    may.receives('Queue'),
    may.receives('Delays'),
    may.receives('Undelivered'),
    may.purges('Firings'),
    may.sends('Firings'),
    may.sends('Undelivered'),
    may.sends('JobEvents'),
    may.schedules(arnOf('ControllerRole')),
  ],
  ScheduleTimersRole: [may.sends('Queue'), may.sends('Delays'), may.sends('JobEvents')],
  TransitionsScheduleRole: [may.sends('Queue'), may.sends('DeadLetters'), may.sends('JobEvents')],
  ApiRole: [
    may.registers(arnOf('ProjectsStepexamples')),
    may.sends('DeadLetters'),
    may.sends('Undelivered'),
    may.sends('JobEvents'),
    ...TABLE_IDS.map(may.scans),
    // Runs share code, which is never removed. All other objects of a run may be removed.
    may.removes('code/0123'),
    may.removesMany('p/examples/data/a', 'code/0123'),
    may.readsLog('ControllerLogs'),
    may.logsTo('ProjectsLogs'),
  ],
  ControllerRole: [
    may.describesMachines(),
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
    may.readsSecret('other/key'),
    may.readsLog('ProjectsLogs'),
    may.logsTo('ProjectsLogs'),
  ],
});

function stepRefusals(
  may: Attempts,
  arnOf: RoleNames['arnOf'],
): Partial<Record<RoleId, readonly Attempt[]>> {
  const anyStep = anyStepRefusals(may, arnOf);
  return {
    ProjectsStepexamples: [
      ...stepFunctionRefusals(may, 'examples'),
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
      ...stepFunctionRefusals(may, 'teamother'),
      ...anyStep,
      may.readsSecret('examples/key'),
      ...ownProjectRefusals(may, 'p/team%2Fother'),
      ...ownProjectRefusals(may, 'o/team%2Fother'),
      ...otherProjectRefusals(may, 'o/examples'),
      ...otherProjectRefusals(may, 'p/examples'),
      ...otherProjectRefusals(may, 'p/team'),
    ],
    ProjectsStepdefault: [
      ...stepFunctionRefusals(may, 'default'),
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
      may.sends('Queue'),
      may.readsLog('ProjectsLogs'),
      may.logsTo('ControllerLogs'),
    ],
  };
}

/** A step of any project. */
const anyStepRefusals = (may: Attempts, arnOf: RoleNames['arnOf']): readonly Attempt[] => [
  may.registers(arnOf('ControllerRole')),
  ...INTERNAL_QUEUE_IDS.map(may.sends),
  may.reconfigures('Queue'),
  may.readsSecret('StorageTokens'),
  may.changesSecret('StorageTokens'),
  may.readsSecret('other/key'),
  may.lists(''),
  may.lists('p/'),
  may.writes('code/0123'),
  may.removes('code/0123'),
  may.readsLog('ProjectsLogs'),
  may.logsTo('ProjectsLogs'),
  may.logsTo('ControllerLogs'),
];

/** A step: its role starts no steps, and reads the messages of its own functions only. */
const stepFunctionRefusals = (may: Attempts, own: string): readonly Attempt[] => [
  may.purges(stepQueueId(own)),
  may.reconfigures(stepQueueId(own)),
  may.readsLog(stepLogsId(own)),
  ...PROJECTS.filter((project) => project !== own).flatMap((project) => [
    may.receives(stepQueueId(project)),
    may.hidesAgain(stepQueueId(project)),
    may.purges(stepQueueId(project)),
    may.logsTo(stepLogsId(project)),
    may.readsLog(stepLogsId(project)),
  ]),
  ...PROJECTS.map((project) => may.invokes(`LambdaQueues${STEP_QUEUE}${project}Function`)),
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
