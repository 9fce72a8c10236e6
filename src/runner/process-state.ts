/**
 * The state of a process that a step may change and that the next attempt in the same process must
 * not see: the working directory, environment variables, the file mode mask, the exit code, the
 * step's runtime and listeners of the process.
 *
 * Objects of the language and of Node.js (`globalThis`, prototypes, built-in modules) and packages
 * stay as the step left them.
 *
 * @module
 */
import { removeRuntime } from './runtime.ts';

export interface ProcessState {
  /** Restores the state. The result is false if that is not possible. */
  restore(): boolean;
}

/** Captures the state of this process. @throws if its working directory was removed */
export function captureProcessState(): ProcessState {
  const directory = process.cwd();
  const environment = { ...process.env };
  const mask = process.umask();
  const listeners = listenersOfProcess();
  return {
    restore() {
      // A listener of a package that stays cannot be removed: the package would not add it again.
      if (!hasListeners(listeners)) return false;
      removeRuntime();
      process.exitCode = undefined;
      process.umask(mask);
      restoreEnvironment(environment);
      try {
        process.chdir(directory);
        return true;
      } catch {
        return false;
      }
    },
  };
}

type Listeners = ReadonlyMap<string | symbol, readonly unknown[]>;

const listenersOfProcess = (): Listeners =>
  new Map(process.eventNames().map((event) => [event, process.rawListeners(event)]));

function hasListeners(expected: Listeners): boolean {
  const found = listenersOfProcess();
  if (found.size !== expected.size) return false;
  for (const [event, listeners] of found) {
    const before = expected.get(event);
    if (before?.length !== listeners.length) return false;
    if (listeners.some((listener, index) => listener !== before[index])) return false;
  }
  return true;
}

function restoreEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env))
    if (!Object.hasOwn(environment, name)) delete process.env[name];
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && process.env[name] !== value) process.env[name] = value;
}
