import { createServer, type IncomingHttpHeaders } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { aProject } from './cli.ts';
import { tokenOf } from './dev.ts';

/** A program of somebody else that listens on this port and answers everything. */
async function aSquatter(port: number): Promise<readonly IncomingHttpHeaders[]> {
  const received: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    received.push(request.headers);
    response.setHeader('content-type', 'application/json').end('{"items":[],"next":null}');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return received;
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'after the server ended by %s, its token is not sent to another program on its port',
  async (signal) => {
    vi.stubEnv('HEADRACE_TOKEN', undefined);
    const project = await aProject({});
    const dev = project.start('dev', '--port', '0');
    await dev.printed('the token is in');
    const endpoint = /listening on (\S+)/.exec(dev.stdout())?.[1] ?? '';
    const list = () => project.cli('runs', 'list', '--mode', 'remote', '--endpoint', endpoint);
    expect(await list()).toMatchObject({ code: 0 });

    dev.process.kill(signal);
    await dev.ended;
    const received = await aSquatter(Number(new URL(endpoint).port));
    const { code, stderr } = await list();
    expect(received.map(({ authorization }) => authorization).filter(Boolean)).toEqual([]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /no `headrace dev` of the home .* no token is sent.*HEADRACE_TOKEN/,
      ),
    });
  },
);

test('each start of the server has a new token', async () => {
  const project = await aProject({});
  const tokens: string[] = [];
  for (let start = 0; start < 2; start += 1) {
    const dev = project.start('dev', '--port', '0');
    await dev.printed('the token is in');
    tokens.push(await tokenOf(dev));
    dev.process.kill('SIGTERM');
    await dev.ended;
  }
  expect(tokens[0]).not.toBe(tokens[1]);
});
