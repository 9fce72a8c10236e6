/**
 * `npm run simulate -- --worlds 200000 --seed 1 --processes 2` runs any number of worlds. It exits
 * with 1 if a rule was violated, and reports the rule, the seed and the trace.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { plainEvaluators, realEvaluators } from './evaluators.ts';
import { simulate } from './simulate.ts';

const HELP = `npm run simulate -- [--worlds 2000] [--seed 1] [--processes 1] [--real 10] [--all]
  --worlds     number of worlds, with the seeds from --seed on
  --processes  number of processes
  --real       one in this number of worlds runs on the real evaluator: 1 for all, 0 for none. The
               other worlds run on an evaluator of plain promises, which is several times as fast
               and tests the controller as well
  --all        continue after a violation; only the first violation of each rule is reported in full`;

interface Share {
  readonly worlds: number;
  readonly seed: number;
  readonly real: number;
  readonly all: boolean;
}

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    processes: { type: 'string', default: '1' },
    real: { type: 'string', default: '10' },
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const PROGRESS_INTERVAL_MS = 10_000;

async function runShare({ worlds, seed: first, real, all }: Share): Promise<boolean> {
  const realEvaluatorMaker = real === 0 ? plainEvaluators : await realEvaluators();
  const startedAt = Date.now();
  const cpu = process.cpuUsage();
  const stats: Record<string, number> = {};
  const violations = new Map<string, number[]>();
  let reported = Date.now();
  const name = `worlds ${first} to ${first + worlds - 1}`;
  const rate = (done: number): string => {
    const { user, system } = process.cpuUsage(cpu);
    return `${Math.round((1000 * done) / Math.max(1, Date.now() - startedAt))} a second, ${Math.round((1e6 * done) / (user + system))} a second of the processor`;
  };
  for (let seed = first; seed < first + worlds; seed += 1) {
    const count = (added: Readonly<Record<string, number>>): void => {
      for (const [key, value] of Object.entries(added)) stats[key] = (stats[key] ?? 0) + value;
    };
    const isReal = real !== 0 && seed % real === 0;
    const evaluator = isReal ? realEvaluatorMaker : plainEvaluators;
    count({ worlds: 1, 'worlds on the real evaluator': isReal ? 1 : 0 });
    const failure = await simulate(seed, { evaluator }, count, false);
    if (failure !== undefined) {
      const known = violations.get(failure.rule);
      if (known === undefined) {
        violations.set(failure.rule, [seed]);
        process.stdout.write(
          `\n${(await simulate(seed, { evaluator }, () => undefined))?.report ?? `seed ${seed} fails only in its first execution`}\n\n`,
        );
      } else known.push(seed);
      if (!all) break;
    }
    if (Date.now() - reported < PROGRESS_INTERVAL_MS) continue;
    reported = Date.now();
    process.stdout.write(`${name}: ${seed - first + 1} done, ${rate(seed - first + 1)}\n`);
  }
  const counts = Object.entries(stats).map(([key, value]) => `${value} ${key}`);
  process.stdout.write(`${name}: ${counts.join(', ')}; ${rate(worlds)}\n`);
  for (const [rule, seeds] of violations)
    process.stdout.write(
      `VIOLATED in ${seeds.length}: ${rule}; seeds ${seeds.slice(0, 10).join(' ')}\n`,
    );
  if (violations.size === 0) process.stdout.write(`${name}: no rule was violated\n`);
  return violations.size === 0;
}

function inChild(share: Share): Promise<boolean> {
  const args = [
    '--worlds',
    `${share.worlds}`,
    '--seed',
    `${share.seed}`,
    '--real',
    `${share.real}`,
    ...(share.all ? ['--all'] : []),
  ];
  const child = fork(fileURLToPath(new URL('start.mjs', import.meta.url)), args);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code === 0));
  });
}

const worlds = Number(values.worlds);
const seed = Number(values.seed);
const processes = Number(values.processes);
const real = Number(values.real);
if (
  values.help ||
  ![worlds, seed, processes, real].every((number) => Number.isInteger(number) && number >= 0)
) {
  process.stdout.write(`${HELP}\n`);
  process.exitCode = values.help ? 0 : 2;
} else {
  const each = Math.ceil(worlds / Math.max(1, processes));
  const shares = Array.from(
    { length: Math.max(1, processes) },
    (_, n): Share => ({
      worlds: Math.min(each, worlds - n * each),
      seed: seed + n * each,
      real,
      all: values.all,
    }),
  ).filter((share) => share.worlds > 0);
  const [only] = shares;
  const held =
    shares.length === 1 && only !== undefined
      ? [await runShare(only)]
      : await Promise.all(shares.map(inChild));
  process.exitCode = held.every(Boolean) ? 0 : 1;
}
