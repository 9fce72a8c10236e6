import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openLocalEngine } from '../../../src/engine/local-engine.ts';
import { createFileObjects, type FileObjects } from '../../../src/local/file-objects.ts';
import { type ReapedJobs, reapOrphans } from '../../../src/local/jobs/job-records.ts';
import {
  isProcessAlive,
  type ProcessIdentity,
  processIdentity,
} from '../../../src/local/jobs/process-identity.ts';
import { openStore } from '../../../src/local/store/store.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import { type Transition, transitionSchema } from '../../../src/model/transition.ts';
import { aHead, anInfo } from '../../conformance/records.ts';
import { RUN, stepSpec } from '../../support/step-spec.ts';
import { programFile, startEngine, withRunner } from './harness.ts';

withRunner({
  engine: 'test/unit/jobs/engine-program.ts',
  reaper: 'src/programs/orphan-reaper.ts',
});

const RUNTIME = `globalThis[Symbol.for('headrace.step')]`;

const transitionsOf = async (reaped: Promise<ReapedJobs>) => (await reaped).transitions;

interface Killable {
  readonly home: string;
  readonly objects: FileObjects;
  readonly process: ChildProcess;
  /** The job's id, and the identity of its process. */
  readonly job: string;
  readonly runner: ProcessIdentity;
}

/** Starts an engine in its own process, and resolves when its step has sent the message. */
async function engineAtWork(
  text: string,
  graceSeconds: number,
  awaited: Transition['kind'] = 'reported',
  given: Partial<StepSpec> = {},
): Promise<Killable> {
  const home = await mkdtemp(join(tmpdir(), 'headrace-home-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const objects = createFileObjects(home);
  await objects.put('code/step', Buffer.from(text));
  const codeHash = createHash('sha256').update(text).digest('hex');
  const spec: StepSpec = stepSpec({ codeKey: 'code/step', codeHash, ...given });
  const engine = spawn(
    process.execPath,
    [
      programFile('engine'),
      home,
      programFile('runner'),
      programFile('reaper'),
      String(graceSeconds),
      JSON.stringify(spec),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void engine.kill('SIGKILL'));
  for await (const line of createInterface({ input: engine.stdout })) {
    const transition: Transition = transitionSchema.parse(JSON.parse(line));
    if (transition.kind !== awaited || !('job' in transition)) continue;
    const runner = processIdentity(Number.parseInt(transition.job, 10));
    if (runner === undefined) throw new Error('the runner has exited');
    return { home, objects, process: engine, job: transition.job, runner };
  }
  throw new Error(`the step sent no message ${awaited}`);
}

const distinctKinds = (transitions: readonly Transition[]): readonly string[] => [
  ...new Set(transitions.map(({ kind }) => kind)),
];

/** Kills the engine, and resolves when its process has exited. */
async function kill(engine: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => engine.once('exit', resolve));
  engine.kill('SIGKILL');
  await exited;
}

async function waitForExit(runner: ProcessIdentity): Promise<void> {
  while (isProcessAlive(runner)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Whether a process of the group is left. */
function groupExists(leader: number): boolean {
  try {
    return process.kill(-leader, 0);
  } catch {
    return false;
  }
}

/** Code of a step that waits until a file exists. */
const WAIT_FOR_FILE = `
  import { existsSync } from 'node:fs';
  const appeared = async (path) => { while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5)); };
`;

describe('a step whose engine crashed', () => {
  it('an idle process that steps share exits when its engine crashed', async () => {
    const { process: engine, runner } = await engineAtWork(
      'export default () => 1;',
      60,
      'job.ended',
      { isolation: 'shared' },
    );
    expect(isProcessAlive(runner)).toBe(true);
    await kill(engine);
    await waitForExit(runner);
  });

  it('a process that steps share leaves a record, which a later engine removes with its folder', async () => {
    const {
      home,
      objects,
      job,
      process: engine,
      runner,
    } = await engineAtWork('export default () => import.meta.url;', 60, 'job.ended', {
      isolation: 'shared',
    });
    await kill(engine);
    await waitForExit(runner);
    expect(await readdir(join(home, 'tmp'))).toEqual([job]);
    const { transitions, removeRecords } = await reapOrphans(home, objects, Date.now);
    expect(transitions).toMatchObject([{ kind: 'job.ended', job, fault: 'infrastructure' }]);
    await removeRecords();
    expect(await readdir(join(home, 'jobs'))).toEqual([]);
    expect(await readdir(join(home, 'tmp'))).toEqual([]);
  });

  it('a step whose engine crashed stores its result for the next engine, and exits', async () => {
    const go = join(await mkdtemp(join(tmpdir(), 'headrace-go-')), 'go');
    onTestFinished(() => rm(join(go, '..'), { recursive: true, force: true }));
    const {
      home,
      objects,
      process: engine,
      job,
      runner,
    } = await engineAtWork(
      `${WAIT_FOR_FILE}
      export default async () => {
        ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1);
        await appeared(${JSON.stringify(go)});
        ${RUNTIME}.logger.reportScalar('a', 'b', 2, 2);
        return 'done';
      };`,
      60,
    );
    await kill(engine);
    await writeFile(go, '');
    await waitForExit(runner);

    const result: unknown = JSON.parse(
      Buffer.from(await objects.get(`p/default/data/0/1/${job}/result.json`, 1e6)).toString(),
    );
    expect(result).toMatchObject({
      kind: 'finished',
      job,
      outcome: { ok: true, values: [{ format: 'json', text: '"done"' }] },
    });

    const { transitions, removeRecords } = await reapOrphans(home, objects, Date.now);
    // The first report is stored, too, if the engine was killed before it had acknowledged it.
    expect(distinctKinds(transitions)).toEqual(['reported', 'finished', 'job.ended']);
    for (const transition of transitions)
      expect(transitionSchema.parse(transition)).toEqual(transition);
    expect(transitions.at(-1)).toMatchObject({ fault: 'infrastructure', job });
    expect(await readdir(join(home, 'logs', 'idle'))).toEqual([]);
    // They are returned again until the records are removed.
    const again = await reapOrphans(home, objects, Date.now);
    expect(again.transitions.slice(0, -1)).toEqual(transitions.slice(0, -1));
    await removeRecords();
    expect(await readdir(join(home, 'jobs'))).toEqual([]);
    expect(await transitionsOf(reapOrphans(home, objects, Date.now))).toEqual([]);
  });

  it('a step whose engine crashed exits after its grace period, with the processes that it started', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-pid-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { process: engine, runner } = await engineAtWork(
      `import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      export default () => {
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
        writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(child.pid));
        ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1);
        return new Promise(() => setInterval(() => undefined, 1000));
      };`,
      0.3,
    );
    const child = processIdentity(Number(await readFile(join(folder, 'pid'), 'utf8')));
    if (child === undefined) throw new Error('the child does not run');
    await kill(engine);
    await waitForExit(runner);
    await waitForExit(child);
  });

  it.each([
    ['computes', 'for (;;);'],
    ['waits for a child process', `execSync('sleep 600');`],
    ['is in native code', `pbkdf2Sync('a', 'b', 2 ** 31 - 1, 64, 'sha512');`],
  ])('a step that %s ends with its crashed engine, after its grace period', async (_, work) => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-busy-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const busy = join(folder, 'busy');
    const { process: engine, runner } = await engineAtWork(
      `import { execSync } from 'node:child_process';
      import { pbkdf2Sync } from 'node:crypto';
      import { writeFileSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      export default async () => {
        ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1);
        await delay(500);
        writeFileSync(${JSON.stringify(busy)}, '');
        ${work}
      };`,
      0.3,
    );
    await vi.waitUntil(() => existsSync(busy), { timeout: 20_000 });
    await kill(engine);
    await waitForExit(runner);
    await vi.waitUntil(() => !groupExists(runner.pid), { timeout: 20_000 });
  });

  it('the next engine kills the step of a crashed engine, and returns the jobs of the run that it takes over', async () => {
    const {
      home,
      objects,
      process: engine,
      job,
      runner,
    } = await engineAtWork(
      `export default () => { ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1); return new Promise(() => setInterval(() => undefined, 1000)); };`,
      60,
    );
    await kill(engine);
    expect(isProcessAlive(runner)).toBe(true);
    expect(await transitionsOf(reapOrphans(home, objects, Date.now, 'another run'))).toEqual([]);
    await waitForExit(runner);
    const { transitions, removeRecords } = await reapOrphans(home, objects, () => 7, RUN);
    expect(transitions).toEqual([
      {
        kind: 'job.ended',
        run: RUN,
        call: 0,
        attempt: 1,
        job,
        exitCode: null,
        signal: null,
        fault: 'infrastructure',
        reason: 'the engine that ran it died',
        at: 7,
      },
    ]);
    await removeRecords();
    expect(await transitionsOf(reapOrphans(home, objects, Date.now, RUN))).toEqual([]);
  });
});

describe('an engine that opens a home', () => {
  it.each([
    ['of an unfinished run stay for its resume', 'running', 1],
    ['of a finished run are removed', 'failed', 0],
    ['of a removed run are removed', undefined, 0],
  ] as const)('the jobs of a crashed engine end, and their records %s', async (_, status, left) => {
    const {
      home,
      process: crashed,
      runner,
    } = await engineAtWork(
      `export default () => { ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1); return new Promise(() => setInterval(() => undefined, 1000)); };`,
      600,
    );
    await kill(crashed);
    if (status !== undefined) {
      const store = openStore(home);
      await store.tasks.createRun({ ...anInfo(RUN) }, { ...aHead(RUN), status });
      store.close();
    }
    const engine = await openLocalEngine({ home });
    await waitForExit(runner);
    await engine.close();
    expect(await readdir(join(home, 'jobs'))).toHaveLength(left);
  });
});

describe('reaping', () => {
  it('reaping leaves the jobs of a live engine unchanged', async () => {
    const engine = await startEngine();
    const spec = await engine.step(
      `export default () => { ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1); return new Promise(() => setInterval(() => undefined, 1000)); };`,
    );
    await engine.submit('job', [spec]);
    const { job } = await engine.until((sent) => sent.find((one) => one.kind === 'reported'));
    expect(await transitionsOf(reapOrphans(engine.home, engine.objects, Date.now))).toEqual([]);
    expect(processIdentity(Number.parseInt(job, 10))).toBeDefined();
    expect(existsSync(join(engine.home, 'jobs', `${job}.json`))).toBe(true);
  });

  it('reaping ignores unreadable records, and a home without records', async () => {
    const home = await mkdtemp(join(tmpdir(), 'headrace-home-'));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    const objects = createFileObjects(home);
    expect(await transitionsOf(reapOrphans(home, objects, Date.now))).toEqual([]);
    await mkdir(join(home, 'jobs'));
    await writeFile(join(home, 'jobs', 'half.json'), '{"job":');
    expect(await transitionsOf(reapOrphans(home, objects, Date.now))).toEqual([]);
  });
});
