import { describe, expect, test, vi } from 'vitest';
import { sessionSchema } from '../../src/wire/console.ts';
import { expectRefusal } from './cli.ts';
import { aServer, stop } from './dev.ts';

/** Signs in with a link as a page does. */
async function signIn(link: string) {
  const { origin, pathname, hash } = new URL(link);
  const response = await fetch(`${origin}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', origin },
    body: JSON.stringify({ code: hash.replace('#code=', '') }),
  });
  expect(response.status).toBe(200);
  const { token } = sessionSchema.parse(await response.json());
  const send = (path: string, init: RequestInit = {}) =>
    fetch(`${origin}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });
  return { pathname, send };
}

const linkIn = (stdout: string): string => /(http\S+#code=\S+)/.exec(stdout)?.[1] ?? 'no link';

describe('the console', () => {
  test('headrace dev serves it, and headrace open prints new links, also to a page', async () => {
    const dev = await aServer({});
    const { send } = await signIn(linkIn(dev.running.stdout()));
    const page = await send('/console/runs/01m8');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const [script = ''] = /\/console\/assets\/[^"]+\.js/.exec(await page.text()) ?? [];
    expect((await send(script)).headers.get('cache-control')).toContain('immutable');
    expect(await (await send('/v1/runs')).json()).toMatchObject({ items: [] });
    expect((await send('/v1/versions', { method: 'POST' })).status).toBe(404);

    vi.stubEnv('HEADRACE_MODE', undefined);
    vi.stubEnv('HEADRACE_TOKEN', undefined);
    const options = ['--home', dev.home, '--no-browser'];
    const opened = await dev.project.cli('open', 'runs/01m8?tab=logs', ...options);
    expect(opened).toMatchObject({ code: 0 });
    const again = await signIn(linkIn(opened.stdout));
    expect(again.pathname).toBe('/console/runs/01m8');
    expect((await again.send('/v1/runs')).status).toBe(200);

    const remote = ['--endpoint', dev.endpoint, '--home', dev.home];
    const proxy = dev.project.start('console', ...remote, '--port', '0', '--read-only');
    await proxy.printed('#code=');
    const behind = await signIn(linkIn(proxy.stdout()));
    expect(await (await behind.send('/v1/runs')).json()).toMatchObject({ items: [] });
    expect(await (await behind.send('/console/config.json')).json()).toMatchObject({
      readOnly: true,
    });
    expect((await behind.send('/v1/cache', { method: 'DELETE' })).status).toBe(403);

    expect(await stop(dev.running)).toBe(0);
    expect((await behind.send('/v1/runs')).status).toBe(502);
    expect(await stop(proxy)).toBe(0);
    expectRefusal(await dev.project.cli('open', ...options), 'headrace dev --open');
  });

  test('headrace dev --no-console serves none', async () => {
    const dev = await aServer({}, '--no-console');
    expect(dev.running.stdout()).not.toContain('console:');
    const headers = { authorization: `Bearer ${dev.token}` };
    expect((await fetch(`${dev.endpoint}/console/`, { headers })).status).toBe(404);
    expectRefusal(
      await dev.project.cli('dev', '--no-console', '--open', '--port', '0'),
      '--open',
      '--no-console',
    );
  });
});
