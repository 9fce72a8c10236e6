/**
 * Groups of attempts, each with the roles that must refuse all of them.
 *
 * @module
 */
import type { Attempt } from './attempt.ts';
import {
  changesJobs,
  listsJobs,
  type RoleNames,
  readsObjects,
  readsQueues,
  readsStepQueues,
  readsTables,
  sendsSteps,
  usesControl,
  usesSecrets,
  writesObjects,
  writesTables,
} from './attempt-groups.ts';
import type { Attempts } from './attempts.ts';

/** The roles of the deployment's functions. */
const FUNCTIONS = [
  'EvaluatorRole',
  'RouterRole',
  'SweeperRole',
  'SchedulesRole',
  'ApiRole',
  'ControllerRole',
] as const;
/** The roles with which EventBridge Scheduler sends messages. */
const TIMERS = ['ScheduleTimersRole', 'TransitionsScheduleRole'] as const;
const STEPS = ['ProjectsStepexamples', 'ProjectsStepteamother', 'ProjectsStepdefault'] as const;
/** The role with which the containers of steps are started. */
const EXECUTION = 'ProjectsExecution';

/** The start of the id of a role in the template. */
export type RoleId =
  | (typeof FUNCTIONS)[number]
  | (typeof TIMERS)[number]
  | (typeof STEPS)[number]
  | typeof EXECUTION;

export const ROLES: readonly RoleId[] = [...FUNCTIONS, ...TIMERS, ...STEPS, EXECUTION];

const without = (roles: readonly RoleId[], ...others: readonly RoleId[]): readonly RoleId[] =>
  roles.filter((role) => !others.includes(role));

/** The roles that need no other service than that for which they exist. */
const NARROW: readonly RoleId[] = ['EvaluatorRole', ...TIMERS, EXECUTION];

export const groupRefusals = (
  may: Attempts,
  arnOf: RoleNames['arnOf'],
): readonly { readonly roles: readonly RoleId[]; readonly refuse: readonly Attempt[] }[] => [
  { roles: without(ROLES, ...STEPS), refuse: readsStepQueues(may) },
  { roles: without(ROLES, 'ControllerRole'), refuse: sendsSteps(may) },
  { roles: without(ROLES, 'ControllerRole'), refuse: usesControl(may, arnOf) },
  { roles: without(ROLES, 'ControllerRole'), refuse: changesJobs(may) },
  { roles: without(ROLES, 'ControllerRole', 'ApiRole'), refuse: listsJobs(may) },
  { roles: [...NARROW, ...STEPS, 'SweeperRole', 'ApiRole'], refuse: readsQueues(may) },
  { roles: [...NARROW, ...STEPS], refuse: readsTables(may) },
  { roles: [...NARROW, ...STEPS, 'RouterRole', 'SweeperRole'], refuse: writesTables(may) },
  { roles: without(ROLES, ...STEPS, 'ApiRole', 'ControllerRole'), refuse: readsObjects(may) },
  { roles: without(ROLES, ...STEPS, 'ApiRole', 'ControllerRole'), refuse: writesObjects(may) },
  { roles: NARROW, refuse: usesSecrets(may) },
  // These functions read the secret of the deployment, and no other one.
  {
    roles: without(FUNCTIONS, 'EvaluatorRole'),
    refuse: [may.changesSecret('StorageTokens'), may.readsSecret('examples/key')],
  },
];
