/**
 * `npm run simulate:host -- --worlds 200 --seed 1000 --width 3`: any number of worlds. Exits with 1
 * if one ended otherwise than the plain interpretation says.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { startWorlds } from './host-scenarios.ts';

const HELP = `npm run simulate:host -- [--worlds 60] [--seed 1] [--width 3] [--trace]
  --worlds  how many runs, with the seeds from --seed on
  --width   how many of them at once
  --trace   prints each invocation, with its lines`;

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
  const worlds = await startWorlds(values.trace ? (line) => console.log(line) : undefined);
  const ends = new Map<string, number>();
  try {
    for (let seed = first; seed < first + count; seed += width) {
      const seeds = Array.from(
        { length: Math.min(width, first + count - seed) },
        (_, n) => seed + n,
      );
      for (const { status, violation } of await worlds.live(seeds)) {
        const end = violation === undefined ? status : 'BROKEN';
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (violation === undefined) continue;
        console.error(violation);
        process.exitCode = 1;
      }
      console.log(
        `seeds ${first} to ${seeds.at(-1)}: ${[...ends].map(([end, times]) => `${times} ${end}`).join(', ')}`,
      );
    }
    console.log(Object.fromEntries(worlds.counts));
  } finally {
    await worlds.stop();
  }
}
