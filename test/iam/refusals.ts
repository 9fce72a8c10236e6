/**
 * What each role must not do, and what AWS itself does under it: written by hand, from the point of view of somebody who got hold of the role's credentials.
 *
 * @module
 */
import { MESSAGE_QUEUES } from '../../src/aws/deployment/message-queues.ts';
import { TABLES } from '../../src/aws/deployment/table-schemas.ts';
import type { Attempt, Attempts } from './attempts.ts';

const TABLE_IDS = TABLES.map(({ constructId }) => constructId);
const QUEUE_IDS = MESSAGE_QUEUES.map(({ constructId }) => constructId);
/** All queues but that of transitions, to which steps send. */
const INTERNAL_QUEUE_IDS = QUEUE_IDS.filter((id) => id !== 'Queue');
const RUN = '01k000000000000000000000zz';
/** Nobody's business but the controller's and the API's. */
const HISTORY = `p/examples/history/${RUN}/1/0-0.gz`;

const readsTables = (may: Attempts): readonly Attempt[] =>
  TABLE_IDS.flatMap((table) => [may.gets(table), may.queries(table), may.scans(table)]);
const writesTables = (may: Attempts): readonly Attempt[] =>
  TABLE_IDS.flatMap((table) => [may.puts(table), may.updates(table), may.deletes(table)]);
const touchesJobs = (may: Attempts): readonly Attempt[] => [
  may.submits(),
  may.terminates(),
  may.cancels(),
  may.describesJobs(),
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
    (key) => [may.reads(key), may.looksFor(key)],
  );
const readsQueues = (may: Attempts): readonly Attempt[] =>
  QUEUE_IDS.flatMap((queue) => [may.receives(queue), may.purges(queue)]);

export interface RoleNames {
  readonly arnOf: (id: string) => string;
}

export function refusalsOf(
  may: Attempts,
  { arnOf }: RoleNames,
): Readonly<Record<string, readonly Attempt[]>> {
  const controller = arnOf('ControllerRole');
  const schedule = arnOf('TransitionsScheduleRole');
  const secrets = [
    may.readsSecret('headrace/tokens'),
    may.changesSecret('headrace/tokens'),
    may.readsSecret('examples/key'),
    may.readsSecret('other/key'),
  ];
  const nothingElse = [
    may.invokes('evaluator'),
    may.invokes('controller'),
    may.invokes('api'),
    may.announces(),
    may.announces('default'),
    may.schedules(schedule),
    may.takesRole(controller),
  ];

  /** A step of any project. */
  const anyStep = [
    ...readsTables(may),
    ...writesTables(may),
    ...touchesJobs(may),
    may.registers(controller),
    ...readsQueues(may),
    ...INTERNAL_QUEUE_IDS.map(may.sends),
    may.reconfigures('Queue'),
    may.readsSecret('headrace/tokens'),
    may.changesSecret('headrace/tokens'),
    may.readsSecret('other/key'),
    ...nothingElse,
    may.lists(''),
    may.lists('p/'),
    may.writes('code/0123'),
    may.removes('code/0123'),
    may.readsLog('ProjectsLogs'),
    may.logsTo('ProjectsLogs'),
    may.logsTo('ControllerLogs'),
  ];
  /** A step, in folders of a project that is not its own. */
  const strangerIn = (folder: string): readonly Attempt[] => [
    ...['data', 'spec', 'history'].flatMap((kind) => [
      may.reads(`${folder}/${kind}/${RUN}/0/1/x`),
      may.looksFor(`${folder}/${kind}/${RUN}/0/1/x`),
    ]),
    ...['data', 'spec', 'history'].map((kind) => may.writes(`${folder}/${kind}/${RUN}/0/1/x`)),
    may.uploads(`${folder}/data/${RUN}/0/1/x`),
    may.removes(`${folder}/data/${RUN}/0/1/x`),
  ];
  /** A step, in folders of its own project: results are final, specs and history are the controller's. */
  const atHome = (folder: string): readonly Attempt[] => [
    may.reads(`${folder}/history/${RUN}/1/0-0.gz`),
    may.writes(`${folder}/history/${RUN}/1/latest.json`),
    may.writes(`${folder}/spec/${RUN}/a/spec`),
    may.uploads(`${folder}/spec/${RUN}/a/spec`),
    may.removes(`${folder}/data/${RUN}/0/1/x`),
    may.removesMany(`${folder}/data/${RUN}/0/1/x`, `${folder}/data/${RUN}/0/1/y`),
    may.writes(`${folder}/other`),
    may.lists(`${folder}/data/`),
  ];

  return {
    // Code of users runs there: nothing but its log.
    EvaluatorRole: [
      ...readsTables(may),
      ...writesTables(may),
      ...readsObjects(may),
      ...writesObjects(may),
      may.lists(''),
      ...touchesJobs(may),
      may.registers(controller),
      ...readsQueues(may),
      ...QUEUE_IDS.map(may.sends),
      ...secrets,
      ...nothingElse,
      may.readsLog('EvaluatorLogs'),
      may.readsLog('ProjectsLogs'),
      may.logsTo('ControllerLogs'),
      may.logsTo('ProjectsLogs'),
    ],
    ProjectsStepexamples: [
      ...anyStep,
      ...atHome('p/examples'),
      ...strangerIn('p/team%2Fother'),
      ...strangerIn('p/undeclared'),
      // Names that begin like its own.
      ...strangerIn('p/examples2'),
      ...strangerIn('p/examples%2Fnested'),
    ],
    ProjectsStepteamother: [
      ...anyStep,
      may.readsSecret('examples/key'),
      ...atHome('p/team%2Fother'),
      ...strangerIn('p/examples'),
      ...strangerIn('p/team'),
    ],
    ProjectsStepdefault: [
      ...anyStep,
      may.readsSecret('examples/key'),
      ...atHome('p/undeclared'),
      ...strangerIn('p/examples'),
      ...strangerIn('p/team%2Fother'),
    ],
    ProjectsExecution: [
      ...readsTables(may),
      ...writesTables(may),
      ...readsObjects(may),
      ...writesObjects(may),
      ...touchesJobs(may),
      ...readsQueues(may),
      may.sends('Queue'),
      ...secrets,
      ...nothingElse,
      may.readsLog('ProjectsLogs'),
      may.logsTo('ControllerLogs'),
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
      may.receives('Undelivered'),
      may.sends('DeadLetters'),
      may.changesSecret('headrace/tokens'),
      may.readsSecret('examples/key'),
      ...nothingElse,
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
      may.changesSecret('headrace/tokens'),
      may.readsSecret('examples/key'),
      ...nothingElse,
    ],
    ApiRole: [
      ...touchesJobs(may),
      may.registers(arnOf('ProjectsStepexamples')),
      ...nothingElse,
      ...readsQueues(may),
      may.sends('DeadLetters'),
      may.sends('Undelivered'),
      ...TABLE_IDS.map(may.scans),
      // Code is shared by runs and never removed; of a run, everything may be.
      may.removes('code/0123'),
      may.removesMany('p/examples/data/a', 'code/0123'),
      may.changesSecret('headrace/tokens'),
      may.readsSecret('examples/key'),
      may.readsLog('ControllerLogs'),
      may.logsTo('ProjectsLogs'),
    ],
    ControllerRole: [
      ...TABLE_IDS.map(may.scans),
      may.queries('Tasks', { name: 'runs', key: 'kind' }),
      may.removes('code/0123'),
      may.removes(`p/examples/data/${RUN}/0/1/x`),
      may.submits('somebody-elses'),
      may.submits('headrace-default', may.otherDefinition),
      may.registers(controller),
      may.registers(schedule),
      may.registers(arnOf('ProjectsStepexamples'), 'somebody-elses'),
      may.cancels(),
      may.schedules(controller),
      may.schedules(schedule, 'default'),
      may.invokes('api'),
      may.invokes('controller'),
      may.announces('default'),
      may.purges('Queue'),
      may.reconfigures('Queue'),
      may.receives('Delays'),
      may.receives('DeadLetters'),
      may.sends('DeadLetters'),
      may.changesSecret('headrace/tokens'),
      may.readsSecret('examples/key'),
      may.readsSecret('other/key'),
      may.readsLog('ProjectsLogs'),
      may.logsTo('ProjectsLogs'),
    ],
    TransitionsScheduleRole: [
      may.sends('Queue'),
      may.sends('DeadLetters'),
      ...readsQueues(may),
      ...readsTables(may),
      ...readsObjects(may),
      ...secrets,
      ...nothingElse,
    ],
  };
}

/** What the recorded runs need not have done, and roles are for: AWS's own part, and what happens when something breaks. */
export function permitted(may: Attempts): Readonly<Record<string, readonly Attempt[]>> {
  const log = (id: string): Attempt => may.logsTo(`${id}Logs`);
  return {
    EvaluatorRole: [log('Evaluator')],
    ControllerRole: [log('Controller')],
    RouterRole: [log('Router'), may.sends('Undelivered')],
    // A run that nothing moves for ten minutes is none of a test's.
    SweeperRole: [log('Sweeper'), may.sends('Undelivered'), may.sends('Queue')],
    ApiRole: [log('Api')],
    TransitionsScheduleRole: [may.sends('Delays'), may.sends('Undelivered')],
    ProjectsStepexamples: [may.breaksOff(`p/examples/data/${RUN}/0/1/x`)],
    ProjectsStepteamother: [may.breaksOff(`p/team%2Fother/data/${RUN}/0/1/x`)],
    ProjectsStepdefault: [may.breaksOff(`p/undeclared/data/${RUN}/0/1/x`)],
  };
}
