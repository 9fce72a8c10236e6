/**
 * The browser of the tests: Chromium of the system, started once for all files.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { LaunchOptions } from 'playwright-core';
import { fontConfiguration } from './fonts.ts';

/** Chromium without a window of its own: tests take half of the time. */
const SHELL = '/usr/bin/chromium-headless-shell';
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A cold start took a minute on a busy machine. */
export const BROWSER_START_TIMEOUT_MS = 180_000;

/**
 * The program of Chromium: `CHROMIUM_BIN`, else the one of the system without a window, which is
 * installed with apt-get if this process may do so, else another one of the system.
 */
export function chromiumProgram(): string {
  const named = process.env.CHROMIUM_BIN;
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`CHROMIUM_BIN names ${named}, which does not exist`);
    return named;
  }
  if (!existsSync(SHELL) && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'))
    install('chromium-headless-shell');
  const found = [SHELL, ...BROWSERS].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    'These tests need Chromium: install the package chromium-headless-shell (apt-get install chromium-headless-shell), or name its program in CHROMIUM_BIN',
  );
}

function install(name: string): void {
  console.error(`Installing ${name} with apt-get …`);
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', name]])
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
}

/** How Chromium starts. */
export const chromiumOptions = (): LaunchOptions => ({
  executablePath: chromiumProgram(),
  timeout: BROWSER_START_TIMEOUT_MS,
  env: { ...process.env, FONTCONFIG_FILE: fontConfiguration() },
  // A container has no user namespaces for the sandbox, and little shared memory.
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-dev-shm-usage',
    '--force-color-profile=srgb',
    '--font-render-hinting=none',
  ],
});
