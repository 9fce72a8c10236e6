/**
 * The deployed roles in an emulator that enforces their policies: each role allows the requests
 * of its code, and refuses all others that are listed.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeadraceConfig } from '../../lib/config.ts';
import { assumeRole } from './account.ts';
import { attackFromAStep, stealFromAStep } from './attack.ts';
import type { Attempt, Caller } from './attempt.ts';
import { attemptsIn } from './attempts.ts';
import { type RoleCloud, STEP_QUEUE, startRoleCloud } from './cloud.ts';
import { terminateJobs } from './foreign-jobs.ts';
import { disagreements, isAllowed, operations, refusedIn, unusedIn } from './recorded-requests.ts';
import { permitted, refusalsOf } from './refusals.ts';
import { logTails, RESULT, runScenario, type ScenarioOutcome, SECRETS } from './scenario.ts';

let cloud: RoleCloud;
let story: ScenarioOutcome;
let recorded: RoleCloud['recorded'];

beforeAll(async () => {
  const projects = { examples: { secrets: ['examples/key'] }, 'team/other': {} };
  cloud = await startRoleCloud(
    { projects, ...OPTIONAL },
    { ...SECRETS, 'other/key': 'of another application' },
  );
  story = await cloud.during(runScenario(cloud));
  await each(permitted(attemptsIn(cloud)));
  recorded = [...cloud.recorded];
}, 300_000);
afterAll(() => cloud?.stop());

const as = (role: string): Caller => ({
  endpoint: cloud.gateway,
  region: cloud.cloud.region,
  credentials: cloud.credentials(role),
});

async function each(attempts: Readonly<Record<string, readonly Attempt[]>>): Promise<void> {
  for (const [role, list] of Object.entries(attempts))
    for (const { run } of list) await run(as(role));
}

/** Parts of the configuration with permissions or paths of their own. */
const OPTIONAL: HeadraceConfig = {
  queues: { default: { type: 'fargate' }, [STEP_QUEUE]: { type: 'lambda' } },
  api: { externalEvaluation: true },
  observability: { tracing: true },
};

const ROLES = [
  'EvaluatorRole',
  'ControllerRole',
  'RouterRole',
  'SchedulesRole',
  'ScheduleTimersRole',
  'SweeperRole',
  'ApiRole',
  'TransitionsScheduleRole',
  'ProjectsExecution',
  'ProjectsStepdefault',
  'ProjectsStepexamples',
  'ProjectsStepteamother',
] as const;

/** Permissions that no recorded request needed, with the reason why they exist. */
const UNUSED: readonly (readonly [reason: string, action: RegExp, resource?: RegExp])[] = [
  ["Lambda's own part: traces", /^xray:Put/],
  ["The ECS agent's own part: images", /^ecr:/],
  ['Without it S3 responds with 403 instead of 404 for a missing object', /^s3:ListBucket$/],
  [
    'The ARN of a job definition has a form with the revision and a form without it',
    /^batch:(RegisterJobDefinition|SubmitJob)$/,
    /:job-definition\//,
  ],
  ['The scenario invokes the function of schedules itself', /^sqs:DeleteMessage$/, /Firings/],
  ['A timer that is missing is set again', /^scheduler:CreateSchedule$/],
  ['One statement for both tables', /^dynamodb:/, /table\/HeadraceStorage/],
];

describe('the recorded scenario', () => {
  it('the scenario completes under the roles of functions and steps', () => {
    const { first, cached, aborted, resumed, rerun, evaluatedByJob, log, artifact, swept } = story;
    expect(first, `${logTails(cloud)}\n${story.steps}`).toMatchObject({
      status: 'completed',
      result: { text: String(RESULT) },
    });
    expect(cached).toMatchObject({ status: 'completed', result: first.result });
    expect([aborted.status, resumed.status]).toEqual(['aborted', 'aborted']);
    expect(rerun).toMatchObject({ status: 'completed', result: first.result, rerunOf: first.id });
    expect(evaluatedByJob).toMatchObject({
      status: 'completed',
      project: 'undeclared',
      evaluator: 'job',
    });
    expect(log).toContain('a line of the step');
    expect(artifact).toContain('xxxx');
    expect(swept.join(' ')).toContain('swept');
  });

  it('the console reads previews, code and the load of queues under the role of the API', () => {
    const { preview, code, queues } = story.console;
    expect(preview).toMatchObject({ name: 'text', content: { kind: 'json' } });
    expect(code.length).toBeGreaterThan(5);
    expect(code.filter(({ length }) => length === 0)).toEqual([]);
    expect(queues.filter(({ name }) => name === 'default')).toMatchObject([
      { load: { running: expect.any(Number), vcpus: expect.anything() } },
    ]);
  });

  it('no request of the scenario is refused', () => {
    expect(refusedIn(recorded)).toEqual([]);
    expect(operations(recorded)).toEqual(
      expect.arrayContaining([
        'ControllerRole batch:SubmitJob',
        'ProjectsStepexamples s3:UploadPart',
        'RouterRole sqs:SendMessageBatch',
        'ProjectsStepdefault sqs:ReceiveMessage',
        'ProjectsStepexamples sqs:DeleteMessageBatch',
        'ProjectsStepteamother sqs:ReceiveMessage',
      ]),
    );
    console.info(
      `${recorded.length} requests under ${new Set(recorded.map(({ role }) => role)).size} roles, ${operations(recorded).length} different operations`,
    );
  });

  it('the scenario needs every permission of a role, except those with a reason', () => {
    const unused = unusedIn(recorded, cloud.stack).filter(
      ({ action, resource }) =>
        !UNUSED.some(
          ([, actions, resources]) =>
            actions.test(action) && (resources === undefined || resources.test(resource)),
        ),
    );
    expect(unused.map(({ role, action, resource }) => `${role} ${action} ${resource}`)).toEqual([]);
  });
});

describe('an attacker with the credentials of a role', () => {
  it.each(ROLES)(
    'the role %s refuses everything that it must not allow',
    { timeout: 60_000 },
    async (role) => {
      const attempts =
        refusalsOf(attemptsIn(cloud), { arnOf: (id) => cloud.role(id).arn })[role] ?? [];
      expect(attempts.length).toBeGreaterThan(10);
      const allowed: string[] = [];
      for (const { what, run } of attempts) {
        const before = cloud.recorded.length;
        const outcome = await run(as(role)).then(
          () => 'done',
          (error: unknown) => nameOf(error),
        );
        const judged = cloud.recorded
          .slice(before)
          .some((request) => request.role === role && !isAllowed(request));
        if (!judged || !/^AccessDenied|^Unknown$|^403$/.test(outcome))
          allowed.push(`${what}: ${outcome}`);
      }
      expect(allowed).toEqual([]);
    },
  );

  it('refusals are listed for every role of the template except that of API Gateway', () => {
    expect(cloud.stack.roles.map(({ id }) => id).sort()).toEqual(
      [...ROLES, 'ApiRestCloudWatchRole'].sort(),
    );
  });

  it('no role can be assumed by the account: only its service can', async () => {
    const assumed: string[] = [];
    for (const { id, arn } of cloud.stack.roles) {
      await assumeRole(cloud.cloud, arn).then(
        () => assumed.push(id),
        (error: Error) =>
          expect(error.message).toContain('is not authorized to perform: sts:AssumeRole'),
      );
    }
    expect(assumed).toEqual([]);
  });
});

describe('the jobs of an account', () => {
  it('the controller may terminate a job of its deployment, and neither a job of another deployment nor one without a tag', async () => {
    const outcomes = await cloud.during(terminateJobs(cloud, as('ControllerRole')));
    expect(outcomes).toEqual({
      headrace: 'done, ended',
      another: 'AccessDeniedException, not ended',
      untagged: 'AccessDeniedException, not ended',
    });
  });
});

describe('an attack of a step on another project', () => {
  it('all requests of an attacking step are refused and its messages are dropped, and the attacked run completes unchanged', {
    timeout: 120_000,
  }, async () => {
    const { answers, victim, changed, dropped } = await cloud.during(attackFromAStep(cloud));
    const { 'forges messages': forged, ...others } = answers;
    expect(forged).toBe('done');
    expect(Object.keys(others).length).toBeGreaterThan(20);
    expect(
      Object.entries(others).filter(([, answer]) => !/^AccessDenied|^Unknown$|^403$/.test(answer)),
    ).toEqual([]);
    expect(victim).toMatchObject({
      status: 'completed',
      project: 'team/other',
      result: { text: '20000' },
    });
    expect(changed).toEqual([]);
    expect(dropped.length).toBeGreaterThan(0);
  });

  it('a step whose request is refused fails with the refusal, which its run reports', {
    timeout: 120_000,
  }, async () => {
    const run = await cloud.during(stealFromAStep(cloud));
    const refusal =
      /not authorized to perform: s3:GetObject on resource: arn:aws:s3:::\S+\/p\/team%2Fother\/data\//;
    expect(run).toMatchObject({
      status: 'failed',
      project: 'examples',
      error: { message: expect.stringMatching(refusal) },
    });
  });
});

describe('the verdicts', () => {
  it('the emulator and the policy evaluation give the same verdicts', () => {
    const judged = new Set(
      cloud.recorded.filter(({ refused }) => refused !== undefined).map(({ service }) => service),
    );
    const simulated = new Set(
      cloud.recorded.filter(({ refused }) => refused === undefined).map(({ service }) => service),
    );
    console.info(
      `enforced by the emulator: ${[...judged].sort().join(', ')}; by the policies alone: ${[...simulated].sort().join(', ')}`,
    );
    expect([...judged].sort()).toEqual(['dynamodb', 'lambda', 's3', 'scheduler', 'sqs', 'sts']);
    expect([...simulated].sort()).toEqual(['batch', 'events', 'logs', 'secretsmanager']);
    // The emulator checks the whole bucket where IAM checks each object.
    expect(disagreements(cloud.recorded)).toEqual(['s3:DeleteObjects']);
  });
});

/** The refusal of a HEAD request has no message. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));
