/**
 * Ends the process if an input does not return: a decoder in an endless loop blocks the thread, so
 * another thread watches it.
 *
 * @module
 */
import { Worker } from 'node:worker_threads';

const MAX_SILENCE_MS = 60_000;

/** Runs in the other thread. It is a text, so that it needs no loader. */
const PROGRAM = `
const { workerData: { state, names, seed, limit } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let seen = '', since = Date.now();
setInterval(() => {
  const now = state.join(' ');
  if (now !== seen) [seen, since] = [now, Date.now()];
  if (Date.now() - since < limit || state[0] < 0) return;
  const [target, input] = [names[state[0]], state[1]];
  writeSync(2, target + ': input ' + input + ' of seed ' + seed + ' does not return\\n' +
    'npm run fuzz -- --seed ' + seed + ' --target ' + target + ' --input ' + input + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, 1000).unref();
setInterval(() => undefined, 2 ** 30);
`;

export interface Watchdog {
  /** Input `number` of the target with this index starts. */
  onInput(target: number, number: number): void;
  stop(): Promise<void>;
}

export function startWatchdog(names: readonly string[], seed: number): Watchdog {
  const state = new Int32Array(new SharedArrayBuffer(8)).fill(-1);
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData: { state, names, seed, limit: MAX_SILENCE_MS },
  });
  worker.unref();
  return {
    onInput(target, number) {
      state[0] = target;
      state[1] = number;
    },
    async stop() {
      await worker.terminate();
    },
  };
}
