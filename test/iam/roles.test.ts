/**
 * The deployed roles, in an emulator that enforces their policies: each does all that its code does, and is refused what it must not do.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assumeRole } from './account.ts';
import { attackFromAStep, stealFromAStep } from './attack.ts';
import { type Caller, type Attempt, attemptsIn } from './attempts.ts';
import { type RoleCloud, startRoleCloud } from './cloud.ts';
import { disagreements, isAllowed, operations, refusedIn, unusedIn } from './recorded.ts';
import { permitted, refusalsOf } from './refusals.ts';
import { RESULT, SECRETS, type ScenarioOutcome, logTails, runScenario } from './scenario.ts';

let cloud: RoleCloud;
let story: ScenarioOutcome;
let recorded: RoleCloud['recorded'];

beforeAll(async () => {
  const projects = { examples: { secrets: ['examples/key'] }, 'team/other': {} };
  cloud = await startRoleCloud({ projects }, { ...SECRETS, 'other/key': 'of somebody else' });
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

const ROLES = [
  'EvaluatorRole',
  'ControllerRole',
  'RouterRole',
  'SweeperRole',
  'ApiRole',
  'TransitionsScheduleRole',
  'ProjectsExecution',
  'ProjectsStepdefault',
  'ProjectsStepexamples',
  'ProjectsStepteamother',
] as const;

/** Permissions that no recorded request needed, and why they are there all the same. */
const UNUSED: readonly (readonly [reason: string, action: RegExp, resource?: RegExp])[] = [
  ["Lambda's own part: traces", /^xray:Put/],
  ["The agent of ECS's own part: images", /^ecr:/],
  ['Without it S3 answers 403 where an object is missing, not 404', /^s3:ListBucket$/],
  ['One statement for both tables', /^dynamodb:/, /table\/HeadraceStorage/],
];

describe('what the functions and steps do', () => {
  it('is done under their own roles', () => {
    const { first, cached, aborted, resumed, rerun, evaluatedByJob: elsewhere, log, artifact, swept } = story;
    expect(first, `${logTails(cloud)}\n${story.steps}`).toMatchObject({
      status: 'completed',
      result: { text: String(RESULT) },
    });
    expect(cached).toMatchObject({ status: 'completed', result: first.result });
    expect([aborted.status, resumed.status]).toEqual(['aborted', 'aborted']);
    expect(rerun).toMatchObject({ status: 'completed', result: first.result, rerunOf: first.id });
    expect(elsewhere).toMatchObject({
      status: 'completed',
      project: 'undeclared',
      evaluator: 'job',
    });
    expect(log).toContain('a line of the step');
    expect(artifact).toContain('xxxx');
    expect(swept.join(' ')).toContain('swept');
  });

  it('is refused nowhere', () => {
    expect(refusedIn(recorded)).toEqual([]);
    expect(operations(recorded)).toEqual(
      expect.arrayContaining([
        'ControllerRole batch:SubmitJob',
        'ProjectsStepexamples s3:UploadPart',
        'RouterRole sqs:SendMessageBatch',
      ]),
    );
    console.info(
      `${recorded.length} requests under ${new Set(recorded.map(({ role }) => role)).size} roles, ${operations(recorded).length} different operations`,
    );
  });

  it('needs every permission that a role has, but those with a written reason', () => {
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

describe('what somebody with the credentials of a role may not do', () => {
  it.each(ROLES)('%s', { timeout: 60_000 }, async (role) => {
    const attempts =
      refusalsOf(attemptsIn(cloud), { arnOf: (id) => cloud.role(id).arn })[role] ?? [];
    expect(attempts.length).toBeGreaterThan(10);
    const letThrough: string[] = [];
    for (const { what, run } of attempts) {
      const before = cloud.recorded.length;
      const outcome = await run(as(role)).then(
        () => 'done',
        (error: unknown) => nameOf(error),
      );
      const judged = cloud.recorded
        .slice(before)
        .some((asked) => asked.role === role && !isAllowed(asked));
      if (!judged || !/^AccessDenied|^Unknown$|^403$/.test(outcome))
        letThrough.push(`${what}: ${outcome}`);
    }
    expect(letThrough).toEqual([]);
  });

  it('is listed for every role of the template but that of API Gateway', () => {
    expect(cloud.stack.roles.map(({ id }) => id).sort()).toEqual(
      [...ROLES, 'ApiRestCloudWatchRole'].sort(),
    );
  });

  it('includes taking a role that is for a service: nobody else can', async () => {
    const taken: string[] = [];
    for (const { id, arn } of cloud.stack.roles) {
      await assumeRole(cloud.cloud, arn).then(
        () => taken.push(id),
        (error: Error) =>
          expect(error.message).toContain('is not authorized to perform: sts:AssumeRole'),
      );
    }
    expect(taken).toEqual([]);
  });
});

describe('a step that means harm to another project', () => {
  it('is refused whatever it asks for, and what it may send is dropped; the run of the other project ends as if nothing had been', {
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

  it('fails with what it was refused, and its run says so', { timeout: 120_000 }, async () => {
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

describe('who judges', () => {
  it('is the emulator where it can, and the policies themselves give the same answers', () => {
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
    // It asks for the whole bucket where IAM asks for each object.
    expect(disagreements(cloud.recorded)).toEqual(['s3:DeleteObjects']);
  });
});

/** A HEAD is refused without words. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));
