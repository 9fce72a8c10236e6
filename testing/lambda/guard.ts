/**
 * Ends the processes of environments when whoever started them is gone: an environment that is
 * stopped could not notice itself.
 *
 * @module
 */
import { spawn } from 'node:child_process';

export interface Guard {
  begun(pid: number): void;
  ended(pid: number): void;
  close(): void;
}

/** Reads `+ pid` and `- pid`; at the end of its input it kills what is left. */
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
  const tell = (line: string) => void (shell.stdin.writable && shell.stdin.write(`${line}\n`));
  shell.stdin.on('error', () => undefined);
  return {
    begun: (pid) => tell(`+ ${pid}`),
    ended: (pid) => tell(`- ${pid}`),
    close: () => shell.stdin.end(),
  };
}
