import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Leaves rejected promises unobserved: for ever, or until an event. */
const LOGIC = `async () => {
  (async () => { throw new Error("floating") })();
  Promise.reject(1);
  const nullPrototype = Promise.reject(2);
  Object.setPrototypeOf(nullPrototype, null);
  const proxiedPrototype = Promise.reject(3);
  Object.setPrototypeOf(proxiedPrototype, new Proxy({}, { getPrototypeOf() { for (;;); } }));
  const later = Promise.reject(4);
  await a();
  return await later.catch((reason) => reason);
}`;

/** A process that evaluates the logic, with these statements before and after. */
function execute(before: string, after: string) {
  const program = `
    const tick = () => new Promise((resolve) => setTimeout(resolve, 20));
    const rejectOfHost = async () => { const rejected = Promise.reject(new Error("of the host")); await tick(); await rejected.catch(() => undefined); await tick(); };
    ${before}
    const { HandRun, completed } = await import(${JSON.stringify(new URL('logic.ts', import.meta.url).href)});
    const run = await HandRun.start(${JSON.stringify(LOGIC)});
    await tick();
    await run.after(completed(0, null));
    await tick();
    console.log('returned', run.returned);
    ${after}
  `;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('../../..', import.meta.url)) },
  );
  return { status, stdout, stderr };
}

test('an unhandled rejection in the logic neither ends the process nor prints anything', () => {
  expect(execute('', '')).toEqual({ status: 0, stdout: 'returned 4\n', stderr: '' });
}, 60_000);

test('an unhandled rejection of the host ends the process', () => {
  expect(execute('', 'await rejectOfHost(); console.log("survived");')).toMatchObject({
    status: 1,
    stdout: 'returned 4\n',
    stderr: expect.stringContaining('of the host'),
  });
}, 60_000);

test('a listener of the process receives rejections of the host only, whenever it was added', () => {
  const listen = (name: string) => `
    process.on('unhandledRejection', (reason) => console.log(${JSON.stringify(name)}, String(reason)));
    process.on('rejectionHandled', () => console.log(${JSON.stringify(name)}, 'handled'));`;
  const { status, stdout, stderr } = execute(
    listen('earlier'),
    `${listen('later')} await rejectOfHost();`,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toEqual([
    'returned 4',
    'earlier Error: of the host',
    'later Error: of the host',
    'earlier handled',
    'later handled',
  ]);
}, 60_000);
