import { describe, expect, it } from 'vitest';
import { aProject, type Project } from './cli.ts';
import {
  countOf,
  isRunning,
  kill,
  latestRun,
  STATE_TIMEOUT_MS,
  TRACED,
  traceOf,
  until,
} from './reliability.ts';

const SOURCE = `${TRACED}
const tracePid = () => trace('pid ' + process.pid);

/** Observes its signal, and traces that it stopped. */
export const polite = component({ returnValues: ['n'] }, async (n: number) => {
  const { signal } = currentStep();
  tracePid();
  while (!existsSync('go') && !signal.aborted) await delay(10);
  if (signal.aborted) trace('stopped');
  signal.throwIfAborted();
  return n;
});
/** Ignores its signal, and starts a process that ignores SIGTERM. */
export const deaf = component({ returnValues: ['n'] }, async (n: number) => {
  process.on('SIGTERM', () => undefined);
  const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  trace('pid ' + child.pid);
  tracePid();
  await appeared('go');
  child.kill('SIGKILL');
  return n;
});
export const victim = component({ returnValues: ['n'], retryOnFailure: 1, retryBackoff: { initialSeconds: 0 } }, async (n: number) => {
  tracePid();
  await appeared('go');
  return n;
});
export const limited = component({ returnValues: ['n'], timeoutSeconds: 1 }, async (n: number) => {
  process.on('SIGTERM', () => trace('heard SIGTERM'));
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  trace('pid ' + child.pid);
  tracePid();
  for (;;) await delay(1000);
});
export const leaving = component({ returnValues: ['n'] }, (n: number) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  child.unref();
  trace('pid ' + child.pid);
  return n;
});
export const many = component({ returnValues: ['n'], cache: true }, (n: number) => { trace('many'); return n; });
export const onMany = pipeline({ name: 'on-many', project: 'tests' }, async (size: number) => {
  const first = await many(1);
  return (await Promise.all(Array.from({ length: size }, () => many(first)))).length;
});
export const onPolite = pipeline({ name: 'on-polite', project: 'tests' }, async () => await polite(1));
export const onDeaf = pipeline({ name: 'on-deaf', project: 'tests' }, async () => await deaf(1));
export const onVictim = pipeline({ name: 'on-victim', project: 'tests' }, async () => await victim(1));
export const onLimited = pipeline({ name: 'on-limited', project: 'tests' }, async () => await limited(1));
export const onLeaving = pipeline({ name: 'on-leaving', project: 'tests' }, async () => await leaving(1));
`;

const pidsOf = (project: Project): readonly number[] =>
  traceOf(project).flatMap((line) => (line.startsWith('pid ') ? [Number(line.slice(4))] : []));
const start = (project: Project, pipeline: string) =>
  project.start('run', 'main.ts', '--pipeline', pipeline);
const started = (project: Project, count: number): Promise<unknown> =>
  until(() => pidsOf(project).length >= count);
const allExited = (project: Project): Promise<unknown> =>
  until(() => !pidsOf(project).some(isRunning));

describe('an engine that is interrupted', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'an engine that receives %s stops its steps and prints the command to resume the run',
    async (signal) => {
      const project = await aProject({ 'main.ts': SOURCE });
      const running = start(project, 'on-polite');
      await started(project, 1);
      running.process.kill(signal);
      const { code, stderr } = await running.ended;
      expect(code).toBe(130);
      expect(stderr).toMatch(/headrace runs resume [0-9a-z]{26}/);
      expect(countOf(project, 'stopped')).toBe(1);
      expect(pidsOf(project).filter(isRunning)).toEqual([]);
      expect((await latestRun(project)).status).toBe('running');
      await project.write('go', '');
      const { code: resumed, run } = await project.json('runs', 'resume', 'latest');
      expect({ resumed, result: run.result }).toEqual({ resumed: 0, result: 1 });
      expect(run.steps[0]?.attempts).toHaveLength(2);
    },
  );

  it('an interrupt in a large graph does not wait for the graph', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = project.start('run', 'main.ts', '--pipeline', 'on-many', '--arg', 'size=4000');
    await running.printed('many_500 cached');
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(
      (await latestRun(project)).steps.filter(({ status }) => status === 'cached').length,
    ).toBeLessThan(4000);
    const { code, run } = await project.json('runs', 'resume', 'latest');
    expect({ code, result: run.result }).toEqual({ code: 0, result: 4000 });
    expect(countOf(project, 'many')).toBe(1);
  });

  it('a second interrupt exits at once and kills all processes of its steps', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'on-deaf');
    await started(project, 2);
    running.process.kill('SIGINT');
    await until(() => running.stderr().includes('interrupted'));
    expect(running.process.exitCode).toBe(null);
    const second = Date.now();
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    await allExited(project);
    expect(Date.now() - second).toBeLessThan(4000);
    await project.write('go', '');
    expect((await project.json('runs', 'resume', 'latest')).run.result).toBe(1);
  });
});

describe('a step', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it('a killed step is a failed attempt with a reason, and is retried', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'on-victim');
    await started(project, 1);
    process.kill(pidsOf(project)[0] ?? 0, 'SIGKILL');
    await started(project, 2);
    await project.write('go', '');
    expect((await running.ended).code).toBe(0);
    const [step] = (await latestRun(project)).steps;
    expect(step?.attempts).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('SIGKILL') },
      { status: 'completed' },
    ]);
  });

  it('a step that ignores SIGTERM is killed at its time limit, with its child processes', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const { code, run } = await project.json('run', 'main.ts', '--pipeline', 'on-limited');
    expect(code).toBe(1);
    expect(run.steps[0]?.attempts).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('limit of 1 s') },
    ]);
    expect(countOf(project, 'heard SIGTERM')).toBe(1);
    await allExited(project);
  });

  it('a completed step leaves no process behind', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    expect((await project.json('run', 'main.ts', '--pipeline', 'on-leaving')).code).toBe(0);
    await started(project, 1);
    await allExited(project);
  });

  it('a step whose engine and runner were killed leaves no process behind after its run is resumed', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'on-deaf');
    await started(project, 2);
    await kill(running);
    const [child, runner] = pidsOf(project);
    process.kill(runner ?? 0, 'SIGKILL');
    await project.write('go', '');
    expect((await project.json('runs', 'resume', 'latest')).code).toBe(0);
    expect(isRunning(child ?? 0)).toBe(false);
    await allExited(project);
  });
});
