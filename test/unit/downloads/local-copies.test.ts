import { createHash } from 'node:crypto';
import { chmod, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { LocalCopyError } from '../../../src/downloads/errors.ts';
import { localCopyOf } from '../../../src/downloads/local-copies.ts';
import { folderOfTest } from '../runner/attempt.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** A server, and the headers of the requests that it received. */
async function aServer(handle: Handle) {
  const requests: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}`, requests };
}

const aContext = async () => ({ folder: await folderOfTest(), retryMs: 1 });

/** Serves a text under an ETag that follows from it. */
const serve =
  (text: () => string): Handle =>
  (request, response) => {
    const etag = `"${createHash('md5').update(text()).digest('hex')}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(text());
  };

it('a copy is used again while the ETag is the same, and replaced when it changes', async () => {
  let text = 'one';
  const { url, requests } = await aServer(serve(() => text));
  const context = await aContext();
  const first = await localCopyOf(`${url}/data/houses%201.csv?key=secret`, context);
  expect(first).toMatch(/houses 1\.csv$/);
  expect(await localCopyOf(`${url}/data/houses%201.csv?key=secret`, context)).toBe(first);
  expect(requests.map((headers) => headers['if-none-match'])).toEqual([
    undefined,
    '"f97c5d29941bfb1b2fdab0874906ab82"',
  ]);
  text = 'two';
  const second = await localCopyOf(`${url}/data/houses%201.csv?key=secret`, context);
  expect(await readFile(second, 'utf8')).toBe('two');
  expect(await readFile(first, 'utf8')).toBe('one');
});

it('a copy of another size than recorded is fetched again', async () => {
  const { url, requests } = await aServer(serve(() => 'content'));
  const context = await aContext();
  const path = await localCopyOf(url, context);
  await chmod(path, 0o600);
  await truncate(path, 3);
  expect(await readFile(await localCopyOf(url, context), 'utf8')).toBe('content');
  expect(requests).toHaveLength(2);
});

it('a file without an ETag is fetched each time', async () => {
  const { url, requests } = await aServer((_, response) => void response.end('x'));
  const context = await aContext();
  await localCopyOf(url, context);
  await localCopyOf(url, context);
  expect(requests).toHaveLength(2);
});

it('an interrupted download continues where it ended', async () => {
  let broken = true;
  const content = 'a'.repeat(1_000_000) + 'b'.repeat(1000);
  const { url, requests } = await aServer((request, response) => {
    const etag = '"v1"';
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = content.slice(from);
    response.writeHead(from === 0 ? 200 : 206, { etag, 'content-length': rest.length });
    if (!broken) return void response.end(rest);
    broken = false;
    response.write(content.slice(0, 1_000_000), () => response.destroy());
  });
  expect(await readFile(await localCopyOf(url, await aContext()), 'utf8')).toBe(content);
  expect(requests[1]).toMatchObject({
    range: expect.stringMatching(/^bytes=[1-9]\d+-$/),
    'if-range': '"v1"',
  });
});

it('an interrupted download starts anew when the file changed meanwhile', async () => {
  let requests = 0;
  const { url } = await aServer((_, response) => {
    requests += 1;
    response.writeHead(200, { etag: `"v${requests}"`, 'content-length': 6 });
    if (requests > 1) return void response.end('second');
    response.write('fir', () => response.destroy());
  });
  expect(await readFile(await localCopyOf(url, await aContext()), 'utf8')).toBe('second');
});

it('a refusal names the address without its query and credentials', async () => {
  const { url } = await aServer((_, response) => void response.writeHead(404).end());
  const secret = url.replace('http://', 'http://user:password@');
  const failure = localCopyOf(`${secret}/missing.csv?token=secret`, await aContext());
  await expect(failure).rejects.toThrow(LocalCopyError);
  await expect(failure).rejects.toThrow(
    `no local copy of ${url}/missing.csv: the server has no such file (404)`,
  );
});

it('a server that recovers is tried again, one that does not is given up', async () => {
  let left = 2;
  const { url, requests } = await aServer((_, response) => {
    if (left-- > 0) response.writeHead(503).end();
    else response.end('late');
  });
  expect(await readFile(await localCopyOf(url, await aContext()), 'utf8')).toBe('late');
  left = 100;
  await expect(localCopyOf(url, await aContext())).rejects.toThrow('the server responded with 503');
  expect(requests).toHaveLength(3 + 4);
});

it('a server that sends nothing is given up', async () => {
  const { url } = await aServer((_, response) => void response.writeHead(200).write('x'));
  await expect(localCopyOf(url, { ...(await aContext()), silenceMs: 20 })).rejects.toThrow(
    'the server sent nothing for too long',
  );
});

it('a file above maxBytes is refused, whether its size is announced or not', async () => {
  const { url } = await aServer((request, response) => {
    if (request.url === '/announced') response.writeHead(200, { 'content-length': 6 });
    response.write('abc', () => response.end('def'));
  });
  for (const path of ['/announced', '/streamed'])
    await expect(localCopyOf(`${url}${path}`, await aContext(), { maxBytes: 5 })).rejects.toThrow(
      'more than maxBytes (5)',
    );
});

it('the time limit of a download ends it', async () => {
  const { url } = await aServer((_, response) => void response.writeHead(200).write('x'));
  await expect(localCopyOf(url, await aContext(), { timeoutSeconds: 0.05 })).rejects.toThrow(
    'it took longer than 0.05 seconds',
  );
});

it('the stop of a step ends its download with the reason of the stop', async () => {
  const stop = new AbortController();
  const { url } = await aServer((_, response) => {
    response.writeHead(200).write('x');
    stop.abort(new Error('stopped'));
  });
  await expect(localCopyOf(url, { ...(await aContext()), signal: stop.signal })).rejects.toThrow(
    'stopped',
  );
});

it('steps that fetch the same file at once each receive a whole copy', async () => {
  const content = 'z'.repeat(300_000);
  const { url } = await aServer(serve(() => content));
  const context = await aContext();
  const paths = await Promise.all(Array.from({ length: 5 }, () => localCopyOf(url, context)));
  for (const path of paths) expect(await readFile(path, 'utf8')).toBe(content);
});

it('a file of this machine is returned as it is, and a missing one is named', async () => {
  const context = await aContext();
  const path = join(context.folder, 'a b.csv');
  await writeFile(path, '');
  expect(await localCopyOf(path, context)).toBe(path);
  expect(await localCopyOf(pathToFileURL(path).href, context)).toBe(path);
  await expect(localCopyOf('missing.csv', context)).rejects.toThrow(
    'missing.csv: there is no such',
  );
});

it.each([
  ['ftp://host/file', 'ftp: is not supported'],
  ['s3://bucket', 'an S3 address is s3://bucket/key'],
  ['s3://bucket/prefix/', 'a prefix is no object'],
  ['s3://bucket/a/../b', 'no URL can have a key with the segments . or ..'],
])('the address %s is refused', async (address, reason) => {
  await expect(localCopyOf(address, await aContext())).rejects.toThrow(reason);
});
