import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findServer, newServerToken, recordServer } from '../../../src/local/server-records.ts';
import { temporaryHomes } from './home.ts';

const { home } = temporaryHomes();

/** Changes the record as if another process had written it. */
function rewrite(file: string, change: object): void {
  const record: object = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...record, ...change }));
}

describe('the servers of a home', () => {
  test('a record is private, and is gone when the server ends', () => {
    const folder = home();
    const { file, remove } = recordServer(folder, {
      endpoint: 'http://127.0.0.1:4750',
      token: newServerToken(),
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'servers')).mode & 0o777).toBe(0o700);
    expect(findServer(folder, 'http://127.0.0.1:4750')).toBeDefined();
    remove();
    expect(readdirSync(join(folder, 'servers'))).toEqual([]);
    expect(findServer(folder, 'http://127.0.0.1:4750')).toBeUndefined();
  });

  test('two servers of one home have a token each', () => {
    const folder = home();
    const tokens = [newServerToken(), newServerToken()] as const;
    recordServer(folder, { endpoint: 'http://127.0.0.1:4750', token: tokens[0] });
    recordServer(folder, { endpoint: 'http://127.0.0.1:4751', token: tokens[1] });
    expect(tokens[0]).not.toBe(tokens[1]);
    expect(findServer(folder, 'http://127.0.0.1:4750')?.token).toBe(tokens[0]);
    expect(findServer(folder, 'http://127.0.0.1:4751')?.token).toBe(tokens[1]);
  });

  test.each([
    ['whose process id belongs to another process now', { startTime: '1' }],
    ['whose process has exited', { pid: 2 ** 22 + 1 }],
    ['that is damaged', { pid: 'none' }],
  ])('a record %s has no token', (_, change) => {
    const folder = home();
    const { file } = recordServer(folder, { endpoint: 'http://127.0.0.1:4750', token: 'secret' });
    rewrite(file, change);
    expect(findServer(folder, 'http://127.0.0.1:4750')).toBeUndefined();
  });

  test('the record of a server that crashed is removed by the next server', () => {
    const folder = home();
    const { file } = recordServer(folder, { endpoint: 'http://127.0.0.1:4750', token: 'secret' });
    rewrite(file, { startTime: '1' });
    recordServer(folder, { endpoint: 'http://127.0.0.1:4751', token: 'other' });
    expect(readdirSync(join(folder, 'servers'))).toEqual(['127.0.0.1-4751.json']);
  });

  test.each([
    // served, asked, reached
    ['http://127.0.0.1:4750', 'http://127.0.0.1:4750', 'http://127.0.0.1:4750'],
    ['http://127.0.0.1:4750', 'http://localhost:4750', 'http://127.0.0.1:4750'],
    ['http://[::1]:4750', 'http://localhost:4750/', 'http://[::1]:4750'],
    ['http://0.0.0.0:4750', 'http://localhost:4750', 'http://127.0.0.1:4750'],
    ['http://0.0.0.0:4750', 'http://127.0.0.1:4750', 'http://127.0.0.1:4750'],
    ['http://[::]:4750', 'http://[::1]:4750', 'http://[::1]:4750'],
    ['http://127.0.0.1:4750', 'http://127.0.0.1:4751', undefined],
    ['http://127.0.0.1:4750', 'http://127.0.0.2:4750', undefined],
    ['http://127.0.0.1:4750', 'http://[::1]:4750', undefined],
    ['http://127.0.0.1:4750', 'https://127.0.0.1:4750', undefined],
    ['http://127.0.0.1:4750', 'http://127.0.0.1:4750/prod', undefined],
    ['http://127.0.0.1:4750', 'http://example.org:4750', undefined],
    ['http://0.0.0.0:4750', 'http://[::1]:4750', undefined],
    ['http://0.0.0.0:4750', 'http://example.org:4750', undefined],
  ])('of a server on %s, %s reaches %s', (endpoint, asked, reached) => {
    const folder = home();
    recordServer(folder, { endpoint, token: 'secret' });
    expect(findServer(folder, asked)?.endpoint).toBe(reached);
  });
});
