/**
 * `process` in the logic for packages, which read it to detect Node.js.
 *
 * @module
 */
import type { ReplayClock } from './clock.ts';
import { MOVE_TO_COMPONENT, throwingStub } from './unavailable-globals.ts';

/** Without information about the machine. */
export function packageProcess(clock: ReplayClock): Readonly<Record<string, unknown>> {
  const refused = Object.fromEntries(
    ['exit', 'abort', 'kill', 'chdir', 'cwd', 'binding', 'dlopen'].map((name) => [
      name,
      throwingStub(`process.${name}`, MOVE_TO_COMPONENT),
    ]),
  );
  return {
    ...refused,
    env: Object.freeze({}),
    argv: Object.freeze([]),
    execArgv: Object.freeze([]),
    platform: 'linux',
    arch: 'x64',
    version: '',
    versions: Object.freeze({}),
    uptime: () => (clock.now - clock.start) / 1000,
    emitWarning: () => undefined,
    nextTick: (callback: (...args: unknown[]) => unknown, ...args: unknown[]) =>
      queueMicrotask(() => callback(...args)),
    on: () => undefined,
    once: () => undefined,
    off: () => undefined,
  };
}
