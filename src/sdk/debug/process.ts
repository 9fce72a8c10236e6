/**
 * `process` in the function of a pipeline in debug mode. It refuses what the logic of the other modes
 * does not have; the bundler makes the function use it (`bundle-debug.ts`).
 *
 * @module
 */
import { projectProcess } from '../logic-process.ts';

export function installLogicProcess(): void {
  const { nextTick, uptime, emitWarning } = process;
  Object.defineProperty(globalThis, Symbol.for('headrace.process'), {
    value: projectProcess({ nextTick, uptime, emitWarning }, () => false),
    configurable: true,
  });
}
