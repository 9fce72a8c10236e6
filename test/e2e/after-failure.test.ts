import { describe, expect, it } from 'vitest';
import { aProject, type Project } from './cli.ts';
import { aServer } from './dev.ts';

const SOURCE = `import { component, pipeline, sleep } from 'headrace';
import { check } from './lib/check.ts';

export const load = component({ returnValues: ['rows'] }, (n: number) => {
  console.log('loaded');
  return n;
});
export const train = component({}, (rows: number, rate: number) => {
  // The rate is checked.
  return check(rows, rate);
});
export const sum = component({}, (values: number[]) => values.length);
export const main = pipeline({ name: 'main', project: 'tests' }, async () => {
  const rows = load(1);
  return await sum([0, 1].map((rate) => train(rows, rate)));
});
export const wrong = pipeline({ name: 'wrong', project: 'tests' }, async () => {
  const rows = await load(1);
  const missing = rows as unknown as { a: { b: number } };
  return missing.a.b;
});
export const ended = pipeline({ name: 'ended', project: 'tests' }, async () => {
  await early();
  return 1;
});
export const early = component(
  { preExecuteCallback: (run) => { run.abort('bad data'); return true; } },
  () => 1,
);
`;
const CHECK = `export function check(rows: number, rate: number): number {
  if (rate > 0)
    throw new RangeError('the rate is too high', { cause: new TypeError('inner') });
  return rows;
}
`;
const FILES = { 'src/main.ts': SOURCE, 'src/lib/check.ts': CHECK };

/** The lines from the one that starts with the text on. */
const linesFrom = (text: string, start: string): string[] => {
  const lines = text.split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith(start)));
};

async function expectFailure({ cli, json, write }: Project, options: readonly string[]) {
  const run = ['run', 'src/main.ts', '--pipeline', 'main', ...options];
  const { code, stdout } = await cli(...run);
  expect(code).toBe(1);
  const text = linesFrom(stdout, 'error: ').join('\n');
  expect(text).toContain(
    'error: StepFailedError: step train_1 failed: the rate is too high (sum was skipped because of it)',
  );
  expect(text).toContain(
    [
      'step train_1 failed: RangeError: the rate is too high',
      '    at check (src/lib/check.ts:3:11)',
      '    at train (src/main.ts:10:10)',
      '    1 | export function check(rows: number, rate: number): number {',
      '    2 |   if (rate > 0)',
      "  > 3 |     throw new RangeError('the rate is too high', { cause: new TypeError('inner') });",
      '      |           ^',
    ].join('\n'),
  );
  expect(text).toContain('  caused by TypeError: inner\n    at check (src/lib/check.ts:3:59)\n');
  expect(text).toMatch(/after mending the code: headrace runs resume \S+ --file src\/main\.ts/);
  expect(text).toMatch(/headrace runs rerun \S+ --from train --file src\/main\.ts/);
  expect(text).not.toContain('node_modules');

  const shown = await json('runs', 'show', 'latest');
  const position = { file: 'src/lib/check.ts', line: 3, column: 11 };
  expect(shown.run.error).toMatchObject({
    name: 'StepFailedError',
    step: 'train_1',
    cause: { name: 'RangeError', location: position, cause: { name: 'TypeError' } },
  });
  expect(shown.run.steps.find((step) => step.name === 'train_1')).toMatchObject({
    error: { location: position },
    attempts: [{ error: { name: 'RangeError', location: position } }],
  });

  await write('src/lib/check.ts', CHECK.replace('rate > 0', 'rate > 5'));
  const mended = await json('runs', 'resume', 'latest', '--file', 'src/main.ts');
  expect(mended.code).toBe(0);
  expect(mended.run.result).toBe(2);
  const adopted = mended.run.steps.find((step) => step.name === 'load');
  expect(adopted?.attempts).toEqual(shown.run.steps.find((step) => step.name === 'load')?.attempts);
}

describe('after a failure', () => {
  it('a local run shows file, line, code and causes, and continues with mended code', async () => {
    await expectFailure(await aProject(FILES), []);
  });

  it('a remote run shows file, line, code and causes, and continues with mended code', async () => {
    const { project, client } = await aServer(FILES);
    await expectFailure(project, []);
    const { items } = await client.runs({ limit: 2 });
    const { error } = await client.run(items[1]?.id ?? '');
    expect(error?.cause?.location).toEqual({ file: 'src/lib/check.ts', line: 3, column: 11 });
  });

  it('debug mode shows file, line, code and causes', async () => {
    const { cli, json } = await aProject(FILES);
    const args = ['run', 'src/main.ts', '--pipeline', 'main', '--mode', 'debug'];
    const { code, stdout } = await cli(...args);
    expect(code).toBe(1);
    expect(stdout).toContain(
      '  caused by RangeError: the rate is too high\n    at check (src/lib/check.ts:3:11)',
    );
    expect(stdout).toContain('  > 3 |     throw new RangeError(');
    expect(stdout).not.toContain('node_modules');
    const { run } = await json(...args);
    expect(run.error).toMatchObject({
      message: 'step train_1 failed: the rate is too high (sum was skipped because of it)',
      cause: { location: { file: 'src/lib/check.ts', line: 3, column: 11 } },
    });
  });

  it.each(['local', 'debug'])('an error of the logic names its place, in %s mode', async (mode) => {
    const { cli } = await aProject(FILES);
    const { code, stdout } = await cli(
      ...['run', 'src/main.ts', '--pipeline', 'wrong', '--mode', mode],
    );
    expect(code).toBe(1);
    const text = linesFrom(stdout, 'error: ').join('\n');
    expect(text).toContain('    at src/main.ts:20:20');
    expect(text).toContain('  > 20 |   return missing.a.b;');
    expect(text).not.toContain('resume');
  });

  it('an abort by a callback names no command', async () => {
    const { cli } = await aProject(FILES);
    const { stdout } = await cli('run', 'src/main.ts', '--pipeline', 'ended');
    expect(stdout).toContain('the run was aborted: bad data');
    expect(stdout).not.toContain('headrace runs resume');
  });

  it('a run that completed is not continued with --file', async () => {
    const { cli } = await aProject({
      ...FILES,
      'src/lib/check.ts': CHECK.replace('rate > 0', 'rate > 5'),
    });
    await cli('run', 'src/main.ts', '--pipeline', 'main');
    const { code, stderr } = await cli('runs', 'resume', 'latest', '--file', 'src/main.ts');
    expect(code).toBe(2);
    expect(stderr).toContain('is completed: --file continues a run that failed or was aborted');
  });
});
