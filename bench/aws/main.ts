/**
 * `npm run bench:aws [-- --json] [--only <key>] [--quick] [--verbose]`: collects the figures of
 * docs/costs.md and prints them.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { CONCERNS } from './concerns.ts';
import type { Concern, Figure } from './figures/figure.ts';
import { breakdown, line } from './table.ts';

const HELP = `Counts the requests of a deployed Headrace to AWS in simulated time, and their costs: see docs/costs.md.

usage: npm run bench:aws [-- options]

  --json         print one object, { [key]: { median, unit } }, and nothing else
  --only <key>   collect only the figures whose key starts with this text: --only price
  --quick        small runs, in less than a minute: prices contain the run's own share, which is larger there, and no target is checked
  --verbose      print the requests of each figure, by service
  --help         print this

Figures: ${CONCERNS.flatMap(({ keys }) => keys).join(', ')}`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const isChosen = (key: string): boolean => key.startsWith(options.only);

async function collect(concern: Concern): Promise<readonly Figure[]> {
  const figures = (await concern.collect({ quick: options.quick })).filter(({ key }) =>
    isChosen(key),
  );
  if (options.json) return figures;
  for (const figure of figures) {
    console.log(line(figure, !options.quick));
    if (options.verbose) for (const text of breakdown(figure)) console.log(text);
  }
  return figures;
}

async function collectAll(): Promise<void> {
  const chosen = CONCERNS.filter(({ keys }) => keys.some(isChosen));
  if (chosen.length === 0)
    throw new RangeError(
      `no figure's key starts with ${options.only}; the keys are ${CONCERNS.flatMap(({ keys }) => keys).join(', ')}`,
    );
  const all: Record<string, { readonly median: number; readonly unit: string }> = {};
  for (const concern of chosen)
    for (const { key, value, unit } of await collect(concern)) all[key] = { median: value, unit };
  if (options.json) console.log(JSON.stringify(all, null, 2));
}

if (options.help) console.log(HELP);
else {
  await collectAll().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
