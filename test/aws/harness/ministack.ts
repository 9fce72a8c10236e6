/**
 * ministack: an emulator of AWS in one Python process, on loopback, on a free port, with nothing
 * kept when it stops.
 *
 * The first start installs it with pip below `node_modules/.cache`; later starts need no network.
 * It ends with the process that started it, however that ends.
 *
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Emulator, environmentOf } from './connection.ts';
import { installed } from './python.ts';
import { startServer } from './server.ts';

const VERSION = '1.5.33';
const REQUIREMENTS = [`ministack==${VERSION}`, 'boto3==1.43.106', 'cryptography==50.0.2'];
const READY_WITHIN_MS = 60_000;

/**
 * Ends when its standard input does, so that a test process that is killed leaves no server behind.
 */
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
 * Starts a ministack and waits until it answers.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function startMinistack(): Promise<Emulator> {
  const { python, packages } = await installed('ministack', VERSION, REQUIREMENTS);
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
