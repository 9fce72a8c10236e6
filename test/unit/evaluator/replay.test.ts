import { expect, test } from 'vitest';
import { completed, failed, HandRun, runInfo } from './logic.ts';

test('a call is declared once, before its first call, and awaited in the same command', async () => {
  const run = await HandRun.start('async () => { const x = await a(1, "two"); return await a(x) }');
  expect(run.commands).toMatchObject([
    { kind: 'declare', component: { name: 'a', id: 'pipeline.ts#a', returnValues: ['return_object'] } },
    { kind: 'call', component: 'a', args: { data: { format: 'json', text: '[1,"two"]' }, refs: [] }, digest: 'a[1,"two"]', awaited: true },
  ]);
  expect(await run.after(completed(0, 7))).toMatchObject([{ kind: 'call', args: { data: { text: '[7]' } }, awaited: true }]);
  expect(await run.after(completed(1, { done: true }))).toMatchObject([{ kind: 'returned', value: { format: 'json', text: '{"done":true}' } }]);
});
