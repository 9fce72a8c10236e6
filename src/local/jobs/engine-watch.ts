/**
 * The watch of an engine: a shell that waits for the end of the engine's process. If the process
 * ends without closing its engine, the shell becomes `programs/orphan-reaper.ts`, which ends the
 * engine's jobs.
 *
 * A runner notices by itself that its engine has crashed, but only while its event loop turns: not
 * during a long computation, a synchronous call, or a call of native code. The shell costs one
 * small process for each engine, and nothing for each step.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import type { ChildProgram } from './child-programs.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { stepEnvironment } from './step-environment.ts';

/** The system closes the pipe when the engine's process ends, and `read` fails. */
const SCRIPT = 'read -r _ || exec "$@"';

export interface EngineWatch {
  /** Ends the watch: the engine has ended its jobs. */
  end(): void;
}

export interface EngineWatchOptions {
  readonly program: ChildProgram;
  readonly home: string;
  readonly engine: ProcessIdentity;
  readonly graceMs: number;
}

export function startEngineWatch({
  program,
  home,
  engine,
  graceMs,
}: EngineWatchOptions): EngineWatch {
  const { NODE_OPTIONS: _, ...env } = stepEnvironment(process.env);
  const reaper = [process.execPath, ...program.execArgv, program.file];
  const args = [home, String(engine.pid), engine.startTime, String(graceMs)];
  const shell = spawn('sh', ['-c', SCRIPT, 'headrace-watch', ...reaper, ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    // Signals to the engine's process group do not reach it.
    detached: true,
    env,
  });
  // Without a shell, only runners whose event loop turns end with the engine.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return { end: () => void shell.stdin.end('\n') };
}
