import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readConsoleFiles } from '../../../src/console-server/console-files.ts';
import { answerFile } from '../../../src/console-server/file-answer.ts';
import {
  contentSecurityPolicy,
  pageHeaders,
} from '../../../src/console-server/security-headers.ts';
import { aConsoleFolder, INDEX, SCRIPT } from './console-folder.ts';

const textOf = (content: Uint8Array): string => Buffer.from(content).toString();

describe('files of the console', () => {
  it.each(['', 'index.html', 'runs', 'runs/01m8', 'pipelines/iris/versions/1.2.0', 'new.run'])(
    'a path that is a screen is answered with the page: %j',
    (path) => {
      const { status, headers, content } = answerFile(readConsoleFiles(aConsoleFolder()), { path });
      expect({ status, text: textOf(content) }).toEqual({ status: 200, text: INDEX });
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
      });
    },
  );

  it('an asset with a hash in its name is stored for ever', () => {
    const { headers } = answerFile(readConsoleFiles(aConsoleFolder()), {
      path: 'assets/index-a1.js',
    });
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
  });

  it.each([
    'assets/index-of-an-earlier-version.js',
    '../package.json',
    '..%2f..%2fpackage.json',
    '%2e%2e/%2e%2e/etc/passwd',
    'assets/..%5c..%5csecret',
    './index.html',
    'runs/%00',
    '%',
  ])('a path out of the list of files is 404, and reads no file: %s', (path) => {
    expect(answerFile(readConsoleFiles(aConsoleFolder()), { path }).status).toBe(404);
  });

  it('a file of an unknown type is not served', () => {
    const files = readConsoleFiles(aConsoleFolder());
    expect([...files.keys()].sort()).toEqual([
      'assets/index-a1.css',
      'assets/index-a1.js',
      'index.html',
    ]);
  });

  it.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
  ] as const)('a browser that accepts %s receives %s', (acceptEncoding, encoding, decompress) => {
    const files = readConsoleFiles(aConsoleFolder());
    const { headers, content } = answerFile(files, { path: 'assets/index-a1.js', acceptEncoding });
    expect(headers).toMatchObject({ 'content-encoding': encoding });
    expect(content.byteLength).toBeLessThan(SCRIPT.length / 10);
    expect(decompress(content).toString()).toBe(SCRIPT);
  });

  it('without an accepted encoding, and for a small file, the content is as it is', () => {
    const files = readConsoleFiles(aConsoleFolder());
    for (const request of [
      { path: 'assets/index-a1.js', acceptEncoding: 'identity' },
      { path: 'assets/index-a1.css', acceptEncoding: 'br' },
    ])
      expect(answerFile(files, request).headers).not.toHaveProperty('content-encoding');
  });

  it('the page is not sent again to a browser that has it, and each encoding has its own tag', () => {
    const files = readConsoleFiles(aConsoleFolder());
    const path = 'assets/index-a1.js';
    const plain = answerFile(files, { path });
    const compressed = answerFile(files, { path, acceptEncoding: 'br' });
    expect(plain.headers.etag).not.toBe(compressed.headers.etag);
    const again = answerFile(files, { path, ifNoneMatch: `"other", ${plain.headers.etag}` });
    expect([again.status, again.content.byteLength]).toEqual([304, 0]);
    const changed = answerFile(files, { path, ifNoneMatch: compressed.headers.etag });
    expect(changed.status).toBe(200);
  });
});

describe('the policy of the page', () => {
  it('admits scripts, styles, workers and connections of its own origin alone', () => {
    expect(contentSecurityPolicy().split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data: blob:",
      "font-src 'self'",
      "connect-src 'self'",
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types headrace-worker',
    ]);
  });

  it('admits connections to the issuer of tokens where there is one', () => {
    expect(contentSecurityPolicy(['https://issuer.example'])).toContain(
      "connect-src 'self' https://issuer.example;",
    );
  });

  it('isolates the page from others, and switches off what it does not use', () => {
    expect(pageHeaders()).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'permissions-policy': expect.stringContaining('camera=(), clipboard-read=()'),
    });
  });
});
