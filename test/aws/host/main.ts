/**
 * Runs random pipelines on a host: `npm run simulate:host -- --worlds 200 --seed 1000 --width 3`.
 * Exits with 1 if a run differs from the plain interpretation.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { startHostScenarios } from './host-scenarios.ts';

const HELP = `npm run simulate:host -- [--worlds 60] [--seed 1] [--width 3] [--trace]
  --worlds  number of runs; their seeds count from --seed
  --width   number of parallel runs
  --trace   prints each invocation with its log lines`;

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    width: { type: 'string', default: '3' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else {
  const [count, first, width] = [values.worlds, values.seed, values.width].map(Number);
  if (
    count === undefined ||
    first === undefined ||
    width === undefined ||
    Number.isNaN(count + first + width)
  )
    throw new RangeError(HELP);
  const scenarios = await startHostScenarios(
    values.trace ? (line) => console.log(line) : undefined,
  );
  const results = new Map<string, number>();
  try {
    for (let seed = first; seed < first + count; seed += width) {
      const seeds = Array.from(
        { length: Math.min(width, first + count - seed) },
        (_, n) => seed + n,
      );
      for (const { status, violation } of await scenarios.run(seeds)) {
        const result = violation === undefined ? status : 'BROKEN';
        results.set(result, (results.get(result) ?? 0) + 1);
        if (violation === undefined) continue;
        console.error(violation);
        process.exitCode = 1;
      }
      console.log(
        `seeds ${first} to ${seeds.at(-1)}: ${[...results].map(([result, count]) => `${count} ${result}`).join(', ')}`,
      );
    }
    console.log(Object.fromEntries(scenarios.counts));
  } finally {
    await scenarios.stop();
  }
}
