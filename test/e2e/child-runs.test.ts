import { describe, expect, it } from 'vitest';
import { aProject } from './cli.ts';
import { countOf, kill, STATE_TIMEOUT_MS, TRACED, untilTraced } from './reliability.ts';

const SOURCE = `${TRACED}
export const first = component({}, (n: number) => { trace('first'); return n + 1; });
export const second = component({}, async (n: number) => { trace('second'); await appeared('go'); return n * 2; });
export const child = pipeline({ name: 'child', project: 'tests' }, async (n: number) => await second(first(n)));
export const before = component({}, () => { trace('before'); return 20; });
export const main = pipeline({ name: 'main', project: 'tests' }, async () => await child(before()));
`;

describe('child runs and the command', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it('after a crash of the engine, another one continues parent and child, and both can be listed, exported and removed', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = project.start('run', 'main.ts', '--pipeline', 'main', '--json');
    await untilTraced(project, 'second');
    await kill(running);
    await project.write('go', '');
    const parent = (await project.json('runs', 'show', 'main#1')).run;
    const { code, run } = await project.json('runs', 'resume', parent.id);
    expect({ code, status: run.status, result: run.result }).toEqual({
      code: 0,
      status: 'completed',
      result: 42,
    });
    const call = run.steps.find(({ name }) => name === 'child');
    expect(call).toMatchObject({ status: 'completed', childRun: { pipeline: 'child' } });
    // Neither the completed step of the parent nor that of the child is executed again.
    expect([countOf(project, 'before'), countOf(project, 'first')]).toEqual([1, 1]);

    const childId = call?.childRun?.run ?? '';
    const list = await project.cli('runs', 'list');
    expect(list.stdout).toContain('child of main#1');
    expect((await project.cli('graph', parent.id)).stdout).toMatch(/child child#\d+ completed/);
    const exported = await project.cli('runs', 'export', childId, '--output', 'exported');
    expect(exported.code).toBe(0);

    // The parent keeps the result of a child run that is removed, and the child run its parent's.
    expect((await project.cli('runs', 'remove', childId, '--yes')).code).toBe(0);
    expect((await project.json('runs', 'show', parent.id)).run).toMatchObject({ result: 42 });
    const again = await project.json('runs', 'rerun', parent.id, '--from', 'child');
    expect(again.run).toMatchObject({ status: 'completed', result: 42 });
    const newChild = again.run.steps.find(({ name }) => name === 'child')?.childRun?.run ?? '';
    expect((await project.cli('runs', 'remove', again.run.id, '--yes')).code).toBe(0);
    const kept = await project.json('runs', 'show', newChild);
    expect(kept.run).toMatchObject({ id: newChild, status: 'completed' });
  });
});
