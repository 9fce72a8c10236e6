import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { problemSchema } from '../../src/wire/service.ts';
import { ran, SOURCE } from './api-harness.ts';
import { expectRefusal } from './cli.ts';
import { aServer, stop } from './dev.ts';
import { until } from './reliability.ts';

vi.setConfig({ testTimeout: 120_000 });

describe('a server that stops while it executes runs', () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`a restarted server continues its unfinished runs after ${signal}`, async () => {
      const dev = await aServer({ 'main.ts': SOURCE() });
      const { project, client } = dev;
      const watching = project.start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
      await watching.printed('waits running');
      await stop(dev.running, signal);
      await writeFile(join(project.folder, 'go'), '');
      await dev.restart();
      const { items } = await client.runs();
      await until(async () => (await client.run(items[0]?.id ?? '')).status === 'completed');
      expect((await ran(dev)).startsWith('first waits ')).toBe(true);
      expect(await ran(dev)).not.toContain('first waits first');
    });
  }
});

describe('access to the server', () => {
  it('requests without the token are rejected; links need no token and give access to one object', async () => {
    const { endpoint, token, client, project } = await aServer({ 'main.ts': SOURCE() });
    for (const authorization of [undefined, 'Bearer wrong', `Basic ${token}`]) {
      const answer = await fetch(
        `${endpoint}/v1/runs`,
        authorization === undefined ? {} : { headers: { authorization } },
      );
      expect({
        status: answer.status,
        problem: problemSchema.parse(await answer.json()).errors,
      }).toMatchObject({
        status: 401,
        problem: [{ in: 'header', field: 'Authorization' }],
      });
    }
    expect((await fetch(`${endpoint}/objects/code/x`)).status).toBe(403);
    const { run } = await project.json(
      'run',
      'main.ts',
      '--pipeline',
      'storing',
      '--arg',
      'n=100000',
    );
    const { items } = await client.stepArtifacts(run.id, 0);
    const content = items[0]?.content;
    if (content === undefined || !('link' in content)) throw new Error('the artifact has no link');
    expect((await (await fetch(content.link.url)).text()).length).toBeGreaterThan(100_000);
    expect((await fetch(content.link.url.replace('signature=', 'signature=x'))).status).toBe(403);
  });

  it('the server listens on loopback by default, and reports a port that is in use', async () => {
    const { endpoint, project } = await aServer({});
    expect(new URL(endpoint).hostname).toBe('127.0.0.1');
    expectRefusal(await project.cli('dev', '--port', new URL(endpoint).port), 'is in use');
    expectRefusal(await project.cli('dev', '--host', 'nowhere.example'), 'is no address');
  });

  it('a thousand concurrent creates make one run each', async () => {
    const { client, project } = await aServer({ 'main.ts': SOURCE(), go: '' });
    await project.json('run', 'main.ts', '--pipeline', 'wide', '--arg', 'n=0');
    const body = { project: 'tests', pipeline: 'wide', args: { n: 0 } };
    const keys = Array.from({ length: 100 }, (_, n) => `key-${n}`);
    const created = await Promise.all(
      keys.flatMap((key) =>
        Array.from({ length: 10 }, () => client.createRun(body, { idempotencyKey: key })),
      ),
    );
    expect(new Set(created.map(({ id }) => id)).size).toBe(100);
    await until(
      async () => (await client.runs({ limit: 200, status: 'completed' })).items.length === 101,
    );
  });
});

describe('the choice of an API', () => {
  it('profiles choose the API; only their owner can read them', async () => {
    const dev = await aServer({ 'main.ts': SOURCE(), go: '' });
    const { project, endpoint, token } = dev;
    for (const name of ['HEADRACE_ENDPOINT', 'HEADRACE_TOKEN', 'HEADRACE_MODE'])
      vi.stubEnv(name, '');
    vi.stubEnv('XDG_CONFIG_HOME', join(project.folder, 'config'));
    expectRefusal(await project.cli('runs', 'list', '--mode', 'remote'), 'no API is chosen');
    expectRefusal(
      await project.cli('profile', 'add', 'here', '--endpoint', 'not a url'),
      '--endpoint',
    );
    const addHere = ['profile', 'add', 'here', '--auth', 'token', '--endpoint'];
    expectRefusal(await project.cli(...addHere, endpoint, '--token', token), '--token');
    expectRefusal(
      await project.cli(...addHere, 'http://headrace.example.org'),
      'is not encrypted',
      '--allow-http',
    );
    expectRefusal(
      await project.cli('runs', 'list', '--endpoint', 'http://headrace.example.org'),
      'HEADRACE_ALLOW_HTTP=1',
    );
    expect(
      await project.cli(
        'profile',
        'add',
        'clear',
        '--endpoint',
        'http://example.org',
        '--allow-http',
      ),
    ).toMatchObject({ code: 0 });
    await project.cli('profile', 'remove', 'clear');
    const tokenFile = join(project.folder, 'token');
    await project.write('token', `${token}\n`);
    expect((await project.cli(...addHere, endpoint, '--token-file', tokenFile)).stdout).toContain(
      'it is the default',
    );
    await project.cli(
      'profile',
      'add',
      'team',
      '--endpoint',
      'https://abc.execute-api.eu-west-1.amazonaws.com/prod',
    );
    const listed = await project.cli('profile', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { name: 'here', endpoint, auth: 'token', default: true },
      { name: 'team', auth: 'aws', default: false },
    ]);
    expect(listed.stdout).not.toContain(token);
    const { code, run } = await project.json(
      'run',
      'main.ts',
      '--pipeline',
      'waiting',
      '--arg',
      'n=1',
      '--mode',
      'remote',
    );
    expect(code).toBe(0);
    expect((await project.json('runs', 'show', run.id, '--profile', 'here')).run.id).toBe(run.id);
    expect((await project.cli('runs', 'list')).stdout).toBe('no runs\n');
    expectRefusal(
      await project.cli('runs', 'list', '--profile', 'nobody'),
      'there is no profile "nobody"',
      'here, team',
    );
    await project.cli('profile', 'use', 'team');
    await project.cli('profile', 'remove', 'here');
    expect((await project.cli('profile', 'list')).stdout).toContain('team (default)');
    expectRefusal(
      await project.cli('runs', 'list', '--mode', 'local', '--profile', 'team'),
      '--mode local runs on this machine',
    );
  });

  it('commands with the same home read the token of the server', async () => {
    const { project, endpoint, home } = await aServer({});
    for (const name of ['HEADRACE_ENDPOINT', 'HEADRACE_TOKEN', 'HEADRACE_MODE'])
      vi.stubEnv(name, '');
    expect((await project.cli('runs', 'list', '--endpoint', endpoint, '--home', home)).stdout).toBe(
      'no runs\n',
    );
  });

  it('an endpoint without a server is reported with one sentence', async () => {
    const { project, running } = await aServer({});
    await stop(running);
    const { code, stderr } = await project.cli('runs', 'list');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: there is no response from http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\): check the endpoint, and whether the service is running\nsee headrace\/docs\/errors\.md#apiunreachableerror\n$/,
    );
  });
});
