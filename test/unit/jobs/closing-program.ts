/**
 * Starts a runner as the pool does, kills it, and prints when its exit is known. Nothing else keeps
 * this process alive. Arguments: the program of the runner, and a folder for its log.
 *
 * @module
 */
import { once } from 'node:events';
import { RunnerProcess } from '../../../src/local/jobs/runner-process.ts';

const [file = '', logFolder = ''] = process.argv.slice(2);
const runner = new RunnerProcess({
  program: { file, execArgv: [] },
  environment: process.env,
  logFolder,
});
// The runner has started a process that keeps its channel open for a moment.
process.stdin.resume();
await once(process.stdin, 'end');
runner.signal('SIGKILL');
await runner.exited;
process.stdout.write('exited\n');
