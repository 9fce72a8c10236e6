import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFileLinks, type FileLinks } from '../../../src/local/file-links.ts';
import type { Objects } from '../../../src/ports/objects.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';

const CONTENT = 'export default 1;';
const HASH = createHash('sha256').update(CONTENT).digest('hex');

function createLinks(secret = 'secret'): {
  readonly links: FileLinks;
  readonly objects: Objects;
  readonly clock: { at: number };
} {
  const { objects } = createMemoryStorage();
  const clock = { at: 1_000 };
  const links = createFileLinks({
    objects,
    secret: Buffer.from(secret),
    clock: { now: () => clock.at },
    baseUrl: () => 'http://127.0.0.1:1',
  });
  return { links, objects, clock };
}

const status = async (links: FileLinks, url: string, init?: RequestInit): Promise<number> =>
  (await links.handle(new Request(url, init))).status;

describe('a link', () => {
  it('a link reads its object, and offers it under the file name', async () => {
    const { links, objects } = createLinks();
    await objects.put('p/a b/ü/1', Buffer.from(CONTENT));
    const { url, method } = await links.read('p/a b/ü/1', { filename: 'a "b".csv' });
    const answer = await links.handle(new Request(url, { method }));
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename*=UTF-8''a%20%22b%22.csv`,
    );
    expect(await answer.text()).toBe(CONTENT);
    expect(await status(links, (await links.read('nothing')).url)).toBe(404);
  });

  it.each([
    ['bytes=0-3', 206, 'expo', 'bytes 0-3/17'],
    ['bytes=7-', 206, 'default 1;', 'bytes 7-16/17'],
    ['bytes=-2', 206, '1;', 'bytes 15-16/17'],
    ['bytes=-99', 206, CONTENT, 'bytes 0-16/17'],
    ['bytes=15-99', 206, '1;', 'bytes 15-16/17'],
    ['bytes=17-', 416, '', 'bytes */17'],
    ['bytes=-0', 416, '', 'bytes */17'],
    ['bytes=3-2', 200, CONTENT, null],
    ['bytes=0-1,3-4', 200, CONTENT, null],
    ['lines=0-1', 200, CONTENT, null],
    ['bytes=-', 200, CONTENT, null],
  ])('a link answers the range %s with %i', async (range, expected, content, contentRange) => {
    const { links, objects } = createLinks();
    await objects.put('a.html', Buffer.from(CONTENT));
    const { url } = await links.read('a.html');
    const answer = await links.handle(new Request(url, { headers: { range } }));
    expect(answer.status).toBe(expected);
    expect(await answer.text()).toBe(content);
    expect(answer.headers.get('content-range')).toBe(contentRange);
  });

  it('content is never a document of the server: it is a file to save, of no type', async () => {
    const { links, objects } = createLinks();
    await objects.put('a.html', Buffer.from('<script>'));
    const { headers } = await links.handle(new Request((await links.read('a.html')).url));
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it('a link accepts only the content that it was created for (2)', async () => {
    const { links, objects } = createLinks();
    const { url, method } = await links.write('code/1', { hash: HASH, size: CONTENT.length });
    expect(await status(links, url, { method, body: 'export default 2;' })).toBe(400);
    expect(await status(links, url, { method, body: CONTENT.slice(1) })).toBe(400);
    expect(await status(links, url, { method, body: `${CONTENT} ` })).toBe(413);
    expect(await objects.exists('code/1')).toBe(false);
    expect(await status(links, url, { method, body: CONTENT })).toBe(200);
    expect(await status(links, url, { method, body: CONTENT })).toBe(200);
    expect(Buffer.from(await objects.get('code/1', 1e6)).toString()).toBe(CONTENT);
  });

  it('a link is valid for one object and method, until it expires (1)', async () => {
    const { links, objects, clock } = createLinks();
    await objects.put('mine', Buffer.from(CONTENT));
    await objects.put('yours', Buffer.from(CONTENT));
    const { url, expiresAt } = await links.read('mine');
    const forged = [
      url.replace('/mine', '/yours'),
      url.replace(/expires=\d+/, 'expires=99999999999'),
      url.replace(/signature=./, 'signature='),
      `${url}&filename=x`,
    ];
    for (const each of forged) expect(await status(links, each), each).toBe(403);
    expect(await status(links, url, { method: 'PUT', body: 'x' })).toBe(403);
    expect(await status(createLinks('other').links, url)).toBe(403);
    expect(await status(links, 'http://127.0.0.1:1/objects/%E0%A4%A')).toBe(403);
    expect(await status(links, url)).toBe(200);
    clock.at = expiresAt + 1;
    expect(await status(links, url)).toBe(403);
  });
});
