/**
 * Builds the package and starts the browser for all files of the suite.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { BROWSER_START_TIMEOUT_MS, chromiumProgram } from './support/chromium.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--no-types'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('the package could not be built; the reason is above');
  const server = await chromium.launchServer({
    executablePath: chromiumProgram(),
    timeout: BROWSER_START_TIMEOUT_MS,
    // A container has no user namespaces for the sandbox, and little shared memory.
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-dev-shm-usage',
      '--force-color-profile=srgb',
      '--font-render-hinting=none',
    ],
  });
  project.provide('browserEndpoint', server.wsEndpoint());
  return () => server.close();
}

declare module 'vitest' {
  interface ProvidedContext {
    browserEndpoint: string;
  }
}
