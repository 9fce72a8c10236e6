import { createServer } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../../src/launch/remote/connection.ts';
import { type Profile, writeProfiles } from '../../../src/launch/remote/profiles.ts';
import { recordServer } from '../../../src/local/server-records.ts';
import { temporaryHomes } from '../local/home.ts';

const { home: newHome } = temporaryHomes();

/** A server that is recorded in a home, and the profile `dev` that names it. */
async function aProfile(over: Partial<Profile> = {}) {
  const received: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    received.push(request.headers.authorization);
    response.end('{"items":[],"next":null}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const endpoint = `http://127.0.0.1:${port}`;
  vi.stubEnv('XDG_CONFIG_HOME', newHome());
  onTestFinished(() => void vi.unstubAllEnvs());
  writeProfiles({ default: 'dev', profiles: { dev: { endpoint, auth: 'aws', ...over } } });
  const home = newHome();
  const record = recordServer(home, { endpoint, token: 'token-of-the-server' });
  const list = (env: NodeJS.ProcessEnv = {}) => connect({ home }, home, env).client.runs({});
  return { received, list, record };
}

it('a profile of a server on this machine needs no more than its endpoint', async () => {
  const { received, list } = await aProfile();
  await list();
  expect(received).toEqual(['Bearer token-of-the-server']);
});

it('without a live server, the error names the server and no region', async () => {
  const { received, list, record } = await aProfile();
  record.remove();
  expect(() => list()).toThrow(/no `headrace dev` of the home .* listens on http/);
  expect(received).toEqual([]);
});

it('a profile with an identity of its own is used as it states, also on this machine', async () => {
  const { received, list } = await aProfile({ auth: 'token', token: 'own' });
  await list();
  expect(received).toEqual(['Bearer own']);
});
