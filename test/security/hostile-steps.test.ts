/**
 * A step whose code does not use Headrace's runner as intended: it writes to the channel of its
 * process itself, and goes on when its engine is gone.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { aProject } from '../e2e/cli.ts';
import { isRunning, kill, until } from '../e2e/reliability.ts';
import { attackedServer } from './attacked-server.ts';

vi.setConfig({ testTimeout: 90_000 });

/** Each attacking step runs beside the step `victim`, whose result it must not change. */
const SOURCE = `
import { setTimeout as delay } from 'node:timers/promises';
import { readdirSync, readlinkSync, writeSync } from 'node:fs';
import { component, currentStep, pipeline } from 'headrace';

let id = 1_000_000;
const channels = () => readdirSync('/proc/self/fd').filter((fd) => {
  try { return readlinkSync('/proc/self/fd/' + fd).startsWith('socket:'); } catch { return false; }
});
/** The runner hides the functions of the channel, but not its file descriptor. */
const send = (value: unknown) => {
  const [fd] = channels();
  if (fd === undefined) throw new Error('there is no channel');
  writeSync(Number(fd), JSON.stringify(value) + '\\n');
};
const forge = (message: object) => send({ kind: 'message', id: id++, message });
const forged = (kind: string, fields: object, identity: object = {}) => forge({
  kind, run: currentStep().run?.id ?? 'a'.repeat(26), call: 1, attempt: 1, job: 'other-job', token: 'x', at: Date.now(), ...fields, ...identity,
});
const NO_REPORT = { points: [], texts: [], artifacts: [], models: [] };
const value = (key: string) => ({ format: 'json', key, size: 3, hash: 'a'.repeat(64) });
const artifact = (name: string, key: string, createdAt = Date.now()) => ({
  name, type: 'json', size: 3, hash: 'a'.repeat(64), preview: '1', value: value(key), createdAt,
});

export const victim = component({ returnValues: ['answer'] }, async (n: number) => {
  await delay(300);
  return n;
});

export const impersonates = component({ timeoutSeconds: 3 }, async () => {
  for (const call of [0, 1, 2, -1, 1e9])
    for (const run of ['a'.repeat(26), '../../../etc', '0'.repeat(26)]) {
      const identity = { call, run };
      forged('started', { logStream: '../../../../etc/passwd' }, identity);
      forged('reported', { sequence: 0, report: { ...NO_REPORT, texts: [{ text: 'forged', at: 1 }] } }, identity);
      forged('finished', { outcome: { ok: true, values: [{ format: 'json', text: '"forged"' }], artifacts: [] } }, { ...identity, call });
    }
  await delay(200);
  return 'own';
});

export const claimsTimes = component({ timeoutSeconds: 3 }, async () => {
  let sequence = 100;
  for (const at of [1e20, -1e20, 8.64e15 + 1, Number.MAX_VALUE, 1.5e300, -1, 0.5])
    for (const report of [
      { ...NO_REPORT, texts: [{ text: 'forged', at }] },
      { ...NO_REPORT, points: [{ title: 't', series: 's', iteration: 0, value: 1, at }] },
      { ...NO_REPORT, artifacts: [artifact('forged', 'p/tests/data/x', at)] },
    ]) {
      forged('reported', { sequence: sequence++, report }, { at: 1 });
      forged('reported', { sequence: sequence++, report: NO_REPORT }, { at });
    }
  await delay(200);
  return 'own';
});

export const claimsKeys = component({ returnValues: ['own'], timeoutSeconds: 3 }, async () => {
  let sequence = 200;
  for (const key of ['../../../../etc/passwd', '/etc/passwd', 'headrace.db', 'p/other/data/secret', 'code/x.mjs', '..', ''])
    forged('reported', { sequence: sequence++, report: { ...NO_REPORT, artifacts: [artifact('key-' + sequence, key)] } });
  await delay(200);
  return 'own';
});

export const breaksChannel = component({ timeoutSeconds: 3 }, async () => {
  for (const junk of [null, 0, 'text', [], {}, { kind: 'ready' }, { kind: 'accepted', ids: [1] }, { kind: 'idle' }, { kind: 'message' }, { kind: 'message', id: -1, message: {} }, { kind: 'message', id: 1e300, message: null }, { kind: '__proto__' }, JSON.parse('{"__proto__":{"kind":"message"}}')])
    send(junk);
  await delay(200);
  return 'own';
});

export const impersonation = pipeline({ name: 'impersonation', project: 'tests' }, async () => {
  const attack = impersonates();
  return [await victim(42), await attack.then((own) => own, (error: Error) => error.name)];
});
export const times = pipeline({ name: 'times', project: 'tests' }, async () => {
  const attack = claimsTimes();
  return [await victim(42), await attack.then((own) => own, (error: Error) => error.name)];
});
export const keys = pipeline({ name: 'keys', project: 'tests' }, async () => {
  const attack = claimsKeys();
  return [await victim(42), await attack.then((own) => own, (error: Error) => error.name)];
});
export const channel = pipeline({ name: 'channel', project: 'tests' }, async () => {
  const attack = breaksChannel();
  return [await victim(42), await attack.then((own) => own, (error: Error) => error.name)];
});
`;

const server = attackedServer(SOURCE);

/** Runs a pipeline, and reads everything that the API and the command show of its run. */
async function attack(name: string) {
  const { cli, client, endpoint, token } = server();
  const ran = await cli('run', 'main.ts', '--pipeline', name, '--json');
  const run: { readonly id: string; readonly result: unknown; readonly status: string } =
    JSON.parse(ran.stdout);
  const texts: string[] = [];
  for (const path of [
    '',
    '/steps',
    '/steps/0',
    '/steps/1',
    ...[0, 1].flatMap((call) =>
      ['artifacts', 'models', 'metrics', 'texts', 'log'].map((list) => `/steps/${call}/${list}`),
    ),
    '/artifacts',
    '/models',
    '/metrics',
    '/texts',
  ]) {
    const response = await fetch(`${endpoint}/v1/runs/${run.id}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    texts.push(await response.text());
    expect(response.status, `${path}: ${texts.at(-1)}`).not.toBe(500);
  }
  for (const args of [
    ['runs', 'show', run.id],
    ['runs', 'list'],
    ['runs', 'logs', run.id],
    ['artifacts', 'list', run.id],
  ]) {
    const { code, stdout, stderr } = await cli(...args);
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    texts.push(stdout + stderr);
  }
  return { run, steps: (await client.steps(run.id)).items, shown: texts.join('\n') };
}

describe('forged messages of a step', () => {
  test('messages in the name of another step, run or job count for the sender alone', async () => {
    const { run, steps, shown } = await attack('impersonation');
    expect(run).toMatchObject({ status: 'completed', result: [42, expect.anything()] });
    expect(steps.find(({ component }) => component === 'victim')).toMatchObject({
      status: 'completed',
      attempts: [{ number: 1, status: 'completed' }],
    });
    expect(shown).not.toContain('root:');
    expect(existsSync(join(server().home, 'objects/etc'))).toBe(false);
  });

  test('times outside of every calendar do not prevent that the run is read', async () => {
    const { run } = await attack('times');
    expect(run.result).toMatchObject([42, expect.anything()]);
  });

  test('keys that leave the prefix of the attempt show no file of the machine', async () => {
    const { run, shown } = await attack('keys');
    expect(run.result).toMatchObject([42, expect.anything()]);
    const { cli } = server();
    const fetched = await Promise.all(
      Array.from({ length: 7 }, (_, n) =>
        cli('artifacts', 'get', run.id, 'claimsKeys', `key-${201 + n}`),
      ),
    );
    const everything = fetched.map(({ stdout, stderr }) => stdout + stderr).join() + shown;
    expect(everything).not.toMatch(/root:|SQLite format/);
    expect(fetched.map(({ code }) => code)).not.toContain(0);
  });

  test('what is no message of a runner is ignored, or fails the sender alone', async () => {
    const { run } = await attack('channel');
    expect(run.result).toMatchObject([42, expect.anything()]);
  });
});

describe('a step that computes while its engine is killed', () => {
  test.each(['run', 'dev'])(
    'ends with its processes after SIGKILL of `headrace %s`',
    async (how) => {
      const project = await aProject({
        'main.ts': `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { component, pipeline } from 'headrace';
export const computes = component({}, () => {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  writeFileSync('pids.txt', process.pid + ' ' + child.pid + '\\n');
  for (;;);
});
export const main = pipeline({ name: 'main', project: 'tests' }, async () => await computes());
`,
      });
      const pidsFile = join(project.folder, 'pids.txt');
      const engine = project.start(
        ...(how === 'run' ? ['run', 'main.ts'] : ['dev', '--port', '0']),
      );
      if (how === 'dev') {
        await engine.printed('the token is in');
        const endpoint = /listening on (\S+)/.exec(engine.stdout())?.[1] ?? '';
        project.start('run', 'main.ts', '--mode', 'remote', '--endpoint', endpoint);
      }
      await until(() => existsSync(pidsFile) && readFileSync(pidsFile, 'utf8').endsWith('\n'));
      const pids = readFileSync(pidsFile, 'utf8').trim().split(' ').map(Number);
      expect(pids.filter(isRunning)).toEqual(pids);
      await kill(engine);
      await until(() => !pids.some(isRunning));
    },
  );
});
