/**
 * ministack: an emulator of AWS in one Python process, on loopback, on a free port, with nothing
 * stored after it stops.
 *
 * The first start installs it with pip below `node_modules/.cache`; later starts need no network.
 * ministack stops when the process that started it exits, for any reason.
 *
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Emulator, environmentOf } from './connection.ts';
import { installWithPip } from './python.ts';
import { startServer } from './server.ts';

const VERSION = '1.5.33';
const REQUIREMENTS = [`ministack==${VERSION}`, 'boto3==1.43.106', 'cryptography==50.0.2'];
const READY_WITHIN_MS = 60_000;

/** Exits when its standard input is closed, so that a killed test process leaves nothing behind. */
const LAUNCHER = `
import os, sys, threading
def follow():
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), 9) if os.getpgid(0) == os.getpid() else os._exit(1)
threading.Thread(target=follow, daemon=True).start()
sys.argv = ['ministack']
from ministack.app import main
main()
`;

/**
 * Starts ministack and waits until it answers.
 *
 * @throws Error with what is missing and how to get it
 */
export async function startMinistack(): Promise<Emulator> {
  const { python, packages } = await installWithPip('ministack', VERSION, REQUIREMENTS);
  const { endpoint, stop } = await startServer({
    name: 'ministack',
    program: python,
    args: ['-c', LAUNCHER],
    health: '/_ministack/health',
    readyWithinMs: READY_WITHIN_MS,
    prepare: (home) => writeFile(join(home, 'package.json'), '{"type":"commonjs"}'),
    environment: (port, home) => ({
      HOME: home,
      TMPDIR: home,
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      LANG: 'C.UTF-8',
      PYTHONPATH: packages,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      LOG_LEVEL: 'WARNING',
    }),
  });
  return { endpoint, environment: environmentOf(endpoint), stop };
}
