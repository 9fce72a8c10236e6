import { expect, it } from 'vitest';
import { runDocumentSchema } from '../unit/cli/contract.ts';
import { aProject, type Running } from './cli.ts';
import { aServer } from './dev.ts';

const SOURCE = `
  import { existsSync } from 'node:fs';
  import { setTimeout as delay } from 'node:timers/promises';
  import { component, currentStep, pipeline } from 'headrace';
  export const load = component({}, async () => {
    console.log('load starts');
    while (!existsSync(process.env.GO_FOLDER + '/first')) await delay(10);
    console.log('load ends');
  });
  export const train = component({ parents: ['load'] }, async (rate: number) => {
    const { signal } = currentStep();
    console.log('train at ' + rate);
    while (!existsSync(process.env.GO_FOLDER + '/second') && !signal.aborted) await delay(10);
    process.stdout.write(signal.aborted ? 'train stops' : 'train ends');
  });
  export const main = pipeline({ name: 'main' }, async () => { await load(); await train(0.1); });`;

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
/** The lines of steps, without those of the view. */
const followed = (text: string): readonly string[] =>
  lines(text).filter((line) => /^(load|train) \| /.test(line));

const OUTPUT = [
  'load | load starts',
  'load | load ends',
  'train | train at 0.1',
  'train | train ends',
];

async function interrupt(command: Running) {
  command.process.kill('SIGINT');
  const { code, stdout, stderr } = await command.ended;
  return { code, stdout, stderr };
}

it('other terminals watch a local run, follow its output and its logs, stop without harm, and end with it', async () => {
  const { start, write, folder, cli } = await aProject({ 'main.ts': SOURCE });
  process.env.GO_FOLDER = folder;
  const run = start('run', 'main.ts', '--follow');
  await run.printed('load | load starts');
  const watching = [
    start('runs', 'watch'),
    start('runs', 'watch', 'latest', '--follow'),
    start('runs', 'watch', 'latest', '--json'),
    start('runs', 'logs', 'latest', '--follow'),
    start('runs', 'logs', 'latest', 'load', '--follow', '--json'),
  ] as const;
  await Promise.all([
    watching[0].printed('main#1 run'),
    watching[1].printed('load | load starts'),
    watching[3].printed('load | load starts'),
    watching[4].printed('load starts'),
  ]);
  const stopped = await interrupt(watching[1]);
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toMatch(
    /the run continues without this command; watch it again with: headrace runs watch \w{26}, stop it with: headrace runs abort \w{26}\n$/,
  );
  const logs = await interrupt(watching[4]);
  expect(logs.code).toBe(130);
  expect(logs.stderr).toMatch(
    /follow its logs again with: headrace runs logs \w{26} load --follow\n$/,
  );
  expect(JSON.parse(logs.stdout)).toEqual({
    step: 'load',
    attempt: 1,
    time: null,
    stream: 'output',
    text: 'load starts',
  });
  await write('first', '');
  await run.printed('train | train at 0.1');
  const again = start('runs', 'watch', 'latest', '--follow');
  await again.printed('train | train at 0.1');
  await write('second', '');
  const [ran, watched, json, logged, continued] = await Promise.all(
    [run, watching[0], watching[2], watching[3], again].map(({ ended }) => ended),
  );
  expect([ran, watched, json, logged, continued].map((each) => each?.code)).toEqual([
    0, 0, 0, 0, 0,
  ]);
  expect(followed(ran?.stdout ?? '')).toEqual(OUTPUT);
  expect(lines(ran?.stdout ?? '').indexOf('train | train ends')).toBeLessThan(
    lines(ran?.stdout ?? '').findIndex((line) => line.startsWith('main#1 train completed')),
  );
  expect(watched?.stdout).toMatch(/^main#1 train completed in .*$/m);
  expect(watched?.stdout).not.toContain('load starts');
  expect(runDocumentSchema.parse(JSON.parse(json?.stdout ?? '')).status).toBe('completed');
  expect(lines(logged?.stdout ?? '')).toEqual(OUTPUT);
  expect(followed(continued?.stdout ?? '')).toEqual(OUTPUT.slice(2));
  // A run that is finished is shown at once.
  expect((await cli('runs', 'watch', 'main#1')).code).toBe(0);
});

it('Ctrl-C of a run prints what its steps print while they stop, and who watches it learns how to continue it', async () => {
  const { start, write, folder } = await aProject({ 'main.ts': SOURCE });
  process.env.GO_FOLDER = folder;
  await write('first', '');
  const run = start('run', 'main.ts', '--follow');
  await run.printed('train | train at 0.1');
  const watching = start('runs', 'watch', 'latest', '--follow');
  await watching.printed('train | train at 0.1');
  const { code, stdout, stderr } = await interrupt(run);
  expect(code).toBe(130);
  expect(stderr).toMatch(/continue with: headrace runs resume \w{26}/);
  expect(followed(stdout)).toEqual([...OUTPUT.slice(0, 3), 'train | train stops']);
  const watched = await watching.ended;
  expect(watched.code).toBe(130);
  expect(watched.stderr).toMatch(
    /no process executes run \w{26} any more: continue it with: headrace runs resume \w{26}\n$/,
  );
  expect(followed(watched.stdout)).toEqual(['train | train at 0.1', 'train | train stops']);
});

it('a run behind an API is started and followed with the same output, and Ctrl-C leaves it running', async () => {
  const files = { 'main.ts': SOURCE };
  process.env.GO_FOLDER = (await aProject({})).folder;
  const { project, home } = await aServer(files);
  const run = project.start('run', 'main.ts', '--follow');
  await run.printed('load | load starts');
  const interrupted = await interrupt(run);
  expect(interrupted.code).toBe(130);
  const [, again = ''] = /watch it again with: headrace (.*), stop/.exec(interrupted.stderr) ?? [];
  const watching = project.start(...again.split(' '), '--follow');
  const logs = project.start('runs', 'logs', 'latest', '--follow');
  const local = project.start('runs', 'watch', 'latest', '--mode', 'local', '--home', home);
  await watching.printed('load | load starts');
  await logs.printed('load | load starts');
  await local.printed('main#1 run');
  const { writeFile } = await import('node:fs/promises');
  for (const file of ['first', 'second']) await writeFile(`${process.env.GO_FOLDER}/${file}`, '');
  const [watched, logged, seen] = await Promise.all([watching.ended, logs.ended, local.ended]);
  expect([watched.code, logged.code, seen.code]).toEqual([0, 0, 0]);
  expect(followed(watched.stdout)).toEqual(OUTPUT);
  expect(lines(logged.stdout)).toEqual(OUTPUT);
  expect(seen.stdout).toContain('main#1 train completed');
});
