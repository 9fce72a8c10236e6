import { describe, expect, it } from 'vitest';
import { type Answer, aConsole, anUpstream, json, problemIn } from './console-harness.ts';

describe('links to objects behind headrace console', () => {
  const link = (url: string, more: object = {}) => ({
    url,
    method: 'GET',
    headers: {},
    expiresAt: '2026-11-30T10:15:00.000Z',
    ...more,
  });

  async function withStorage(store: Answer, document: (storage: string) => unknown) {
    const answers: { answer: Answer } = { answer: store };
    const upstream = await anUpstream((response, request) => answers.answer(response, request));
    const endpoint = new URL(upstream.endpoint);
    answers.answer = (response, request) =>
      request.url?.startsWith('/bucket/')
        ? store(response, request)
        : json(document(endpoint.origin))(response, request);
    const served = await aConsole({ endpoint: endpoint.href });
    return { ...served, received: upstream.received };
  }

  it('lead through it, without the session and with ranges', async () => {
    const { send, received, origin } = await withStorage(
      (response) =>
        response
          .writeHead(206, {
            'content-type': 'text/html',
            'content-range': 'bytes 0-3/10',
            'x-amz-request-id': 'a',
          })
          .end('<p>a'),
      (storage) => ({ items: [{ name: 'report', link: link(`${storage}/bucket/a?X-Sig=s%2Fi`) }] }),
    );
    const text = await (await send('/v1/runs/1/artifacts')).text();
    expect(text).not.toContain('/bucket/');
    const [, url = ''] = /"url":"([^"]+)"/.exec(text) ?? [];
    expect(url.startsWith(`${origin}/console/objects/`)).toBe(true);
    const response = await fetch(url, { headers: { range: 'bytes=0-3' } });
    expect([response.status, await response.text()]).toEqual([206, '<p>a']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-range': 'bytes 0-3/10',
      'content-security-policy': expect.stringContaining('sandbox'),
      'x-content-type-options': 'nosniff',
    });
    expect(received.at(-1)).toMatchObject({
      url: '/bucket/a?X-Sig=s%2Fi',
      headers: expect.objectContaining({ range: 'bytes=0-3' }),
    });
    expect(received.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it('are the only addresses that it reads: uploads, other protocols and hosts stay', async () => {
    const others = [
      link('http://169.254.169.254/latest/meta-data'),
      link('file:///etc/passwd'),
      link('https://bucket.example/put', { method: 'PUT' }),
      link('https://bucket.example/signed', { headers: { 'x-a': 'b' } }),
      { url: 'https://bucket.example/no-link', method: 'GET' },
    ];
    const { send } = await withStorage(json({}), () => ({ items: others }));
    expect(await (await send('/v1/runs/1/artifacts')).json()).toEqual({ items: others });
  });

  it('end when they expire', async () => {
    const { send } = await withStorage(json({}), (storage) =>
      link(`${storage}/bucket/a`, { expiresAt: '2026-11-30T09:59:59.000Z' }),
    );
    const text = await (await send('/v1/runs/1/artifacts')).text();
    const [, url = ''] = /"url":"([^"]+)"/.exec(text) ?? [];
    const response = await fetch(url);
    expect(response.status).toBe(404);
    expect((await problemIn(response)).detail).toContain('load the page again');
  });

  it.each([403, 404])(
    'that the storage refuses with %i are 404, without its answer',
    async (status) => {
      const { send } = await withStorage(
        (response) => response.writeHead(status).end('<Error>secret</Error>'),
        (storage) => link(`${storage}/bucket/a`),
      );
      const text = await (await send('/v1/runs/1/artifacts')).text();
      const response = await fetch(/"url":"([^"]+)"/.exec(text)?.[1] ?? '');
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('secret');
    },
  );
});
