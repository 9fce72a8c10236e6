import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished, vi } from 'vitest';
import { programFile, withRunner } from './harness.ts';

withRunner({ closing: 'test/unit/jobs/closing-program.ts' });

/** A runner whose channel (descriptor 3) stays open for a while after its end. */
const RUNNER = `
const { spawn } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const wait = 'setTimeout(() => undefined, 500)';
spawn(process.execPath, ['-e', wait], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 3] });
writeFileSync(process.env.MARKER, '');
process.on('message', () => undefined);
`;

it('a process that ends a runner stays until the exit is known, also if the channel closes after it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-closing-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'runner.cjs');
  const marker = join(folder, 'started');
  await writeFile(file, RUNNER);
  const closing = spawn(process.execPath, [programFile('closing'), file, folder], {
    env: { ...process.env, MARKER: marker },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await vi.waitFor(() => expect(existsSync(marker)).toBe(true), 20_000);
  closing.stdin.end();
  const [printed, [code]] = await Promise.all([text(closing.stdout), once(closing, 'exit')]);
  expect({ code, printed }).toEqual({ code: 0, printed: 'exited\n' });
});
