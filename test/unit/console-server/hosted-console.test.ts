import { expect, it } from 'vitest';
import { readConsoleFiles } from '../../../src/console-server/console-files.ts';
import {
  type ConsoleEvent,
  createHostedConsole,
} from '../../../src/console-server/hosted-console.ts';
import type { ConsoleConfig } from '../../../src/wire/console.ts';
import { aConsoleFolder, SCRIPT } from './console-folder.ts';

const CONFIG: ConsoleConfig = {
  signIn: 'oidc',
  issuer: 'https://issuer.example',
  clientId: 'the-console',
  scopes: ['openid'],
  audience: 'headrace',
  token: 'access',
};

const answer = (proxy: string | undefined, more: ConsoleEvent = {}) =>
  createHostedConsole({
    files: readConsoleFiles(aConsoleFolder()),
    config: CONFIG,
    issuerOrigins: ['https://issuer.example'],
  })({ pathParameters: proxy === undefined ? null : { proxy }, ...more });

it.each([
  ['index.html', './assets/index-a1.js'],
  ['runs', './assets/index-a1.js'],
  ['runs/01m8', '../assets/index-a1.js'],
  ['pipelines/iris/versions/1.2.0', '../../../assets/index-a1.js'],
])('the page at %s refers to its files below any stage or domain', (path, src) => {
  const { statusCode, body } = answer(path);
  expect([statusCode, body]).toEqual([
    200,
    `<!doctype html><script type="module" src="${src}"></script>`,
  ]);
  const page = new URL(path, 'https://api.example/live/console/');
  expect(new URL(src, page).href).toBe('https://api.example/live/console/assets/index-a1.js');
});

it('an asset is sent as it is, and stored for ever', () => {
  const { body, headers } = answer('assets/index-a1.js');
  expect(body).toBe(SCRIPT);
  expect(headers['cache-control']).toContain('immutable');
});

it.each([
  ['/live/console', '/live/console/runs'],
  ['/live/console/', '/live/console/runs'],
  ['/base/console', '/base/console/runs'],
  [undefined, '/console/runs'],
])('the root %s leads to the list of runs', (path, location) => {
  expect(answer(undefined, { requestContext: { path } })).toMatchObject({
    statusCode: 302,
    headers: { location },
  });
});

it('the configuration names the issuer and the client', () => {
  expect(JSON.parse(answer('config.json').body)).toEqual(CONFIG);
});

it('every answer may connect to the issuer alone, over HTTPS', () => {
  for (const path of ['runs', 'config.json', 'assets/missing.js', undefined]) {
    const { headers } = answer(path);
    expect(headers['content-security-policy']).toContain(
      "connect-src 'self' https://issuer.example;",
    );
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
  }
});

it.each(['../settings.json', '..%2fsettings.json', 'assets/../../settings.json'])(
  'no path leads to the settings or the code of the function: %s',
  (path) => {
    expect(answer(path).statusCode).toBe(404);
  },
);

it('a browser that has the page does not receive it again', () => {
  const { headers } = answer('runs');
  expect(answer('runs', { headers: { 'If-None-Match': headers.etag } })).toMatchObject({
    statusCode: 304,
    body: '',
  });
});
