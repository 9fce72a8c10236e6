/**
 * `--follow` of the commands that start, continue and attach to a run, and Ctrl-C of each.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { aProject, type Project, type Running } from './cli.ts';
import { aServer } from './dev.ts';

const SOURCE = `
  import { existsSync } from 'node:fs';
  import { setTimeout as delay } from 'node:timers/promises';
  import { component, currentStep, pipeline } from 'headrace';
  export const work = component({}, async () => {
    if (!existsSync('mended')) throw new RangeError('not mended');
    const { signal } = currentStep();
    console.log('starts');
    while (!existsSync('go') && !signal.aborted) await delay(10);
    console.log(signal.aborted ? 'stops' : 'ends');
  });
  export const main = pipeline({ name: 'main', project: 'tests' }, async () => { await work(); });
  export const here = pipeline({ name: 'here', project: 'tests', pipelineExecutionQueue: null }, async () => { await work(); });`;

/** The lines of steps, without those of the view. */
const followed = (text: string): readonly string[] =>
  text.split('\n').filter((line) => /^work(?: \(attempt \d\))? \| /.test(line));

/** Follows a run until its step has started. */
async function follow({ start }: Project, ...args: readonly string[]): Promise<Running> {
  const running = start(...args, '--follow');
  await running.printed('| starts');
  return running;
}

async function interrupt(running: Running) {
  running.process.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  return { code, lines: followed(stdout), stderr };
}

async function ended(running: Running) {
  const { code, stdout } = await running.ended;
  return { code, lines: followed(stdout) };
}

/** A run that failed, whose step can succeed from now on. */
async function aFailedRun({ json, write }: Project): Promise<string> {
  const { code, run } = await json('run', 'main.ts', '--pipeline', 'main');
  expect(code).toBe(1);
  await write('mended', '');
  return run.id;
}

it('start, rerun and resume with --follow print the output of steps; after Ctrl-C, the printed command continues the run', async () => {
  const project = await aProject({ 'main.ts': SOURCE });
  const failed = await aFailedRun(project);
  const [rerun, resumed, started] = await Promise.all([
    follow(project, 'runs', 'rerun', failed),
    follow(project, 'runs', 'resume', failed),
    follow(project, 'start', 'tests/main'),
  ]);
  const { code, lines, stderr } = await interrupt(rerun);
  expect({ code, lines }).toEqual({ code: 130, lines: ['work | starts', 'work | stops'] });
  const [, again = ''] = /continue with: headrace (runs resume \w{26})$/m.exec(stderr) ?? [];
  await project.write('go', '');
  const continued = project.start(...again.split(' '), '--follow');
  expect(await Promise.all([resumed, started, continued].map(ended))).toEqual([
    { code: 0, lines: ['work (attempt 2) | starts', 'work (attempt 2) | ends'] },
    { code: 0, lines: ['work | starts', 'work | ends'] },
    // The attempt that the interruption stopped ends in the records now.
    { code: 0, lines: [...lines, 'work (attempt 2) | starts', 'work (attempt 2) | ends'] },
  ]);
});

it('behind a server, start, rerun, resume and attach with --follow print the output of steps; after Ctrl-C, the run goes on', async () => {
  const { project } = await aServer({ 'main.ts': SOURCE });
  const failed = await aFailedRun(project);
  const evaluator = await interrupt(await follow(project, 'run', 'main.ts', '--pipeline', 'here'));
  const attach = 'Continue the logic with: headrace ';
  const [, again = ''] = new RegExp(`${attach}(runs attach .*)$`, 'm').exec(evaluator.stderr) ?? [];
  const [attached, resumed, rerun, started] = await Promise.all([
    follow(project, ...again.split(' ')),
    follow(project, 'runs', 'resume', failed),
    follow(project, 'runs', 'rerun', failed),
    follow(project, 'start', 'tests/main'),
  ]);
  for (const [running, attempt, hint] of [
    [attached, 'work', attach],
    [resumed, 'work (attempt 2)', 'watch it again with: headrace runs watch '],
  ] as const) {
    const { code, lines, stderr } = await interrupt(running);
    expect({ code, lines }).toEqual({ code: 130, lines: [`${attempt} | starts`] });
    expect(stderr).toContain(hint);
  }
  await project.write('go', '');
  expect(await Promise.all([rerun, started].map(ended))).toEqual([
    { code: 0, lines: ['work | starts', 'work | ends'] },
    { code: 0, lines: ['work | starts', 'work | ends'] },
  ]);
});
