import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { type Opener, openerFor, openInBrowser } from '../../../../src/cli/console/browser.ts';

const ADDRESS = 'http://127.0.0.1:4750/console/runs/"><script>?tab=a&b#code=abc';
const succeed = (): Opener => ({ command: process.execPath, args: ['-e', ''] });

async function opened(opener: (target: string) => Opener) {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-browser-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const notes: string[] = [];
  await openInBrowser(ADDRESS, { folder, note: (line) => notes.push(line), opener });
  return { folder, notes };
}

it('the browser receives a private file that leads to the address, not the address', async () => {
  const targets: string[] = [];
  const { folder, notes } = await opened((target) => {
    targets.push(target);
    return succeed();
  });
  expect(notes).toEqual([]);
  const [name = ''] = readdirSync(folder);
  expect(targets.map((target) => fileURLToPath(target))).toEqual([`${folder}/${name}`]);
  expect(targets.join()).not.toContain('abc');
  expect(statSync(`${folder}/${name}`).mode & 0o777).toBe(0o600);
  const text = readFileSync(`${folder}/${name}`, 'utf8');
  expect(text).not.toContain('<script>');
  const [, url = ''] = /content="0; url=([^"]*)"/.exec(text) ?? [];
  expect(url.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))).toBe(ADDRESS);
});

it.each([
  ['is not installed', { command: 'headrace-no-such-program', args: [] }, 'ENOENT'],
  ['fails', { command: process.execPath, args: ['-e', 'process.exit(3)'] }, 'exited with 3'],
])('an opener that %s is a note, and its file is removed', async (_what, opener, reason) => {
  const { folder, notes } = await opened(() => opener);
  expect(notes).toEqual([expect.stringContaining(reason)]);
  expect(readdirSync(folder)).toEqual([]);
});

it.each(['darwin', 'win32', 'linux'] as const)('%s opens documents without a shell', (platform) => {
  const { command, args } = openerFor(platform, 'file:///a');
  expect(command).not.toMatch(/sh|cmd/);
  expect(args.at(-1)).toBe('file:///a');
});
