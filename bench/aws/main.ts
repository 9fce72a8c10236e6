/**
 * `npm run bench:aws [-- --json] [--only <key>] [--quick] [--verbose]`: counts the figures of
 * docs/costs.md and prints them.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { CONCERNS } from './concerns.ts';
import type { Concern, Figure } from './figures/figure.ts';
import { breakdown, line } from './table.ts';

const HELP = `Counts what a deployed Headrace asks of AWS, in simulated time, and what that costs: see docs/costs.md.

usage: npm run bench:aws [-- options]

  --json         print one object, { [key]: { median, unit } }, and nothing else
  --only <key>   take the figures whose key begins so: --only price
  --quick        small runs, in less than a minute: prices hold the run's own share, which is larger there; no target is checked
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

async function take(concern: Concern): Promise<readonly Figure[]> {
  const figures = (await concern.take({ quick: options.quick })).filter(({ key }) => isChosen(key));
  if (options.json) return figures;
  for (const figure of figures) {
    console.log(line(figure, !options.quick));
    if (options.verbose) for (const text of breakdown(figure)) console.log(text);
  }
  return figures;
}

async function takeAll(): Promise<void> {
  const chosen = CONCERNS.filter(({ keys }) => keys.some(isChosen));
  if (chosen.length === 0)
    throw new RangeError(
      `no figure's key begins with ${options.only}: there are ${CONCERNS.flatMap(({ keys }) => keys).join(', ')}`,
    );
  const all: Record<string, { readonly median: number; readonly unit: string }> = {};
  for (const concern of chosen)
    for (const { key, value, unit } of await take(concern)) all[key] = { median: value, unit };
  if (options.json) console.log(JSON.stringify(all, null, 2));
}

if (options.help) console.log(HELP);
else {
  await takeAll().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
