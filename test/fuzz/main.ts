/**
 * `npm run fuzz -- --inputs 100000 --seed 1` runs any number of inputs. It exits with 1 if one broke
 * a rule, and prints the smallest input and the command that runs it again.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { type Failure, fuzzTarget, inputOf } from './fuzz.ts';
import { violationOf } from './invariants.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets/index.ts';
import { startWatchdog } from './watchdog.ts';

const HELP = `npm run fuzz -- [--inputs 20000] [--seed 1] [--target NAME] [--input N]
  --inputs  number of inputs, shared by all targets: cheap targets have more
  --seed    where the random numbers start
  --target  only this target, which has all inputs
  --input   only this input of the target: it is printed, and its rule if it breaks one

targets: ${TARGETS.map(({ name }) => name).join(', ')}`;

const PROGRESS_INTERVAL_MS = 10_000;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
    input: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const log = (line: string): void => void process.stderr.write(`${line}\n`);

async function runOne(target: Target, seed: number, number: number): Promise<boolean> {
  const input = inputOf(target, seed, number);
  log(`${target.name}: input ${number} of seed ${seed}`);
  process.stdout.write(
    `${input instanceof Uint8Array ? Buffer.from(input).toString('base64') : JSON.stringify(input)}\n`,
  );
  const violation = await violationOf(target, input);
  if (violation === undefined) log('it breaks no rule');
  else log((await fuzzTarget(target, { seed, from: number, inputs: 1 }))?.report ?? violation);
  return violation === undefined;
}

async function runAll(targets: readonly Target[], seed: number, inputs: number): Promise<boolean> {
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  const watchdog = startWatchdog(
    targets.map(({ name }) => name),
    seed,
  );
  const failures: Failure[] = [];
  for (const [index, target] of targets.entries()) {
    const count = Math.ceil((inputs * target.share) / shares);
    const startedAt = Date.now();
    let reportedAt = startedAt;
    const failure = await fuzzTarget(target, { seed, from: 0, inputs: count }, (number) => {
      watchdog.onInput(index, number);
      if (number % 64 !== 0 || Date.now() - reportedAt < PROGRESS_INTERVAL_MS) return;
      reportedAt = Date.now();
      log(`${target.name}: ${number} of ${count}`);
    });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    if (failure === undefined) log(`${target.name}: ${count} inputs in ${seconds} s`);
    else {
      failures.push(failure);
      log(`\n${failure.report}\n`);
    }
  }
  await watchdog.stop();
  log(
    failures.length === 0
      ? `seed ${seed}: no rule was broken`
      : `seed ${seed}: FAILED in ${failures.map(({ target }) => target).join(', ')}`,
  );
  return failures.length === 0;
}

const [inputs, seed, only] = [values.inputs, values.seed, values.input ?? '0'].map(Number);
const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
const [first] = targets;
if (
  values.help ||
  first === undefined ||
  ![inputs, seed, only].every((number) => Number.isInteger(number) && Number(number) >= 0) ||
  (values.input !== undefined && values.target === undefined)
) {
  process.stdout.write(`${HELP}\n`);
  process.exitCode = values.help ? 0 : 2;
} else {
  const passed =
    values.input === undefined
      ? await runAll(targets, Number(seed), Number(inputs))
      : await runOne(first, Number(seed), Number(only));
  process.exitCode = passed ? 0 : 1;
}
