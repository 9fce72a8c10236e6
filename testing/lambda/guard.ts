/**
 * Kills the processes of environments when the test process exits or crashes: a stopped environment
 * cannot detect that itself.
 *
 * @module
 */
import { spawn } from 'node:child_process';

export interface Guard {
  started(pid: number): void;
  exited(pid: number): void;
  close(): void;
}

/** Reads `+ pid` and `- pid`; at the end of its input it kills the remaining processes. */
const SCRIPT = `
pids=" "
while read -r what pid; do
  case "$what" in
    +) pids="$pids$pid " ;;
    -) pids=" $(printf '%s' "$pids" | sed "s/ $pid / /") " ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
`;

export function startGuard(): Guard {
  const shell = spawn('sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  const send = (line: string) => void (shell.stdin.writable && shell.stdin.write(`${line}\n`));
  shell.stdin.on('error', () => undefined);
  return {
    started: (pid) => send(`+ ${pid}`),
    exited: (pid) => send(`- ${pid}`),
    close: () => shell.stdin.end(),
  };
}
