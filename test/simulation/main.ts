/**
 * `npm run simulate -- --worlds 200000 --seed 1 --processes 2`: any number of worlds. Exits with 1 if a rule was broken, and tells which, where and how.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { plainEvaluators, realEvaluators } from './evaluators.ts';
import { simulate } from './simulate.ts';

const HELP = `npm run simulate -- [--worlds 2000] [--seed 1] [--processes 1] [--real 10] [--all]
  --worlds     how many, with the seeds from --seed on
  --processes  how many to use
  --real       every so many worlds run on the real evaluator, the others on one of plain promises, which is several times as fast and tests
               the controller as well: 1 for all of them, 0 for none
  --all        go on after a failure; only the first of each rule is explained`;

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

const PROGRESS_EVERY = 10_000;

async function runShare({ worlds, seed: first, real, all }: Share): Promise<boolean> {
  const realOnes = real === 0 ? plainEvaluators : await realEvaluators();
  const began = Date.now();
  const cpu = process.cpuUsage();
  const stats: Record<string, number> = {};
  const broken = new Map<string, number[]>();
  let reported = Date.now();
  const name = `worlds ${first} to ${first + worlds - 1}`;
  const rate = (done: number): string => {
    const { user, system } = process.cpuUsage(cpu);
    return `${Math.round((1000 * done) / Math.max(1, Date.now() - began))} a second, ${Math.round((1e6 * done) / (user + system))} a second of the processor`;
  };
  for (let seed = first; seed < first + worlds; seed += 1) {
    const count = (of: Readonly<Record<string, number>>): void => {
      for (const [key, value] of Object.entries(of)) stats[key] = (stats[key] ?? 0) + value;
    };
    const isReal = real !== 0 && seed % real === 0;
    const evaluator = isReal ? realOnes : plainEvaluators;
    count({ worlds: 1, 'worlds on the real evaluator': isReal ? 1 : 0 });
    const failure = await simulate(seed, { evaluator }, count, false);
    if (failure !== undefined) {
      const known = broken.get(failure.rule);
      if (known === undefined) {
        broken.set(failure.rule, [seed]);
        process.stdout.write(
          `\n${(await simulate(seed, { evaluator }, () => undefined))?.report ?? `seed ${seed} fails only the first time`}\n\n`,
        );
      } else known.push(seed);
      if (!all) break;
    }
    if (Date.now() - reported < PROGRESS_EVERY) continue;
    reported = Date.now();
    process.stdout.write(`${name}: ${seed - first + 1} done, ${rate(seed - first + 1)}\n`);
  }
  const seen = Object.entries(stats).map(([key, value]) => `${value} ${key}`);
  process.stdout.write(`${name}: ${seen.join(', ')}; ${rate(worlds)}\n`);
  for (const [rule, seeds] of broken)
    process.stdout.write(
      `BROKEN in ${seeds.length}: ${rule}; seeds ${seeds.slice(0, 10).join(' ')}\n`,
    );
  if (broken.size === 0) process.stdout.write(`${name}: every rule held\n`);
  return broken.size === 0;
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
