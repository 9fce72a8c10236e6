import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { secureHome, UnsafeHomeError } from '../../../src/local/private-files.ts';
import { openStore } from '../../../src/local/store/store.ts';
import { temporaryHomes } from './home.ts';

const { home, open } = temporaryHomes();
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

afterEach(() => void vi.restoreAllMocks());

/** A home whose store has been used, and that other users can read. */
function anExposedHome(): { readonly folder: string; readonly secret: Buffer } {
  const folder = home();
  const store = openStore(folder);
  const secret = store.secret();
  store.close();
  mkdirSync(join(folder, 'objects'));
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
  chmodSync(folder, 0o755);
  return { folder, secret };
}

/** A folder of another user: only root can give one away, and any other user finds `/usr`. */
function aForeignFolder(): string {
  if (process.getuid?.() !== 0) return '/usr';
  const folder = home();
  chownSync(folder, 65534, 65534);
  return folder;
}

describe('the modes of a home', () => {
  test('a new store is private in all of its files', () => {
    const folder = join(home(), 'new', 'home');
    open(folder).secret();
    expect(modeOf(folder)).toBe('700');
    const files = readdirSync(folder);
    expect(files.sort()).toEqual(['headrace.db', 'headrace.db-shm', 'headrace.db-wal']);
    for (const file of files) expect(modeOf(join(folder, file))).toBe('600');
  });

  test('a home that others could read becomes private, with a new secret and a warning', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { folder, secret } = anExposedHome();
    const store = open(folder);
    expect(modeOf(folder)).toBe('700');
    for (const name of readdirSync(folder)) expect(modeOf(join(folder, name))).toMatch(/^.00$/);
    expect(store.secret().equals(secret)).toBe(false);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('its permissions are corrected'), 'HeadraceWarning'],
    ]);
  });

  test('a private home keeps its secret', () => {
    const folder = home();
    const secret = open(folder).secret();
    expect(open(folder).secret().equals(secret)).toBe(true);
  });

  test('a home of another user is refused', () => {
    expect(() => secureHome(aForeignFolder())).toThrow(UnsafeHomeError);
    expect(() => secureHome(aForeignFolder())).toThrow(/belongs to another user.*chown/);
  });

  test('a folder with other files is refused, and keeps its mode', () => {
    const folder = home();
    writeFileSync(join(folder, 'package.json'), '{}');
    chmodSync(folder, 0o755);
    expect(() => openStore(folder)).toThrow(UnsafeHomeError);
    expect(() => openStore(folder)).toThrow(/contains other files.*chmod 700/);
    expect(modeOf(folder)).toBe('755');
  });

  test('a shared folder with the sticky bit is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'headrace-shared-'));
    chmodSync(folder, 0o1777);
    try {
      expect(() => openStore(folder)).toThrow(UnsafeHomeError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a home on a file system that gives every file to one other user is used, with a warning', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const folder = home();
    const { uid } = statSync(folder);
    vi.spyOn(process, 'geteuid').mockReturnValue(uid + 1);
    expect(open(folder).secret()).toHaveLength(32);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('a file system without owners'), 'HeadraceWarning'],
    ]);
  });
});
