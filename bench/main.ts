/**
 * `npm run bench [-- options]`: measures the figures of docs/benchmarks.md and prints them.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CONCERNS } from './concerns.ts';
import {
  type Concern,
  type Figure,
  figure,
  isMet,
  measureProcessorTime,
  type Samples,
  type Target,
} from './harness.ts';

// Node up to 22 reads these certificates at each start (70 ms for the list of a system). The
// benchmarks do not measure that.
delete process.env.NODE_EXTRA_CA_CERTS;

const HELP = `Measures the figures of docs/benchmarks.md and prints them.

usage: npm run bench [-- options]

  --json         print one object, { [key]: { median, min, max, unit } }, and nothing else
  --only <key>   measure only the figures whose key starts with this text: --only replay
  --quick        take few and small samples, which only show that everything works: the figures mean nothing, and no target is checked
  --cpu          measure the time of the processor instead of the clock's, where one process does the work: for a busy machine
  --help         print this

Figures: ${CONCERNS.flatMap(({ targets }) => targets.map(({ key }) => key)).join(', ')}`;

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    cpu: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    concern: { type: 'string' },
  },
});

const isSelected = (target: Target, wanted: string) =>
  target.key === wanted || target.key.startsWith(`${wanted}.`);

/** Runs in the child: measures one concern and sends the samples to the parent. */
async function measureInThisProcess(name: string): Promise<void> {
  const concern = CONCERNS.find((each) => each.name === name);
  if (concern === undefined) throw new Error(`no concern is named ${name}`);
  if (options.cpu) measureProcessorTime();
  const samples = await concern.measure(options.quick);
  await new Promise((resolve) => process.send?.([...samples], undefined, undefined, resolve));
  process.disconnect();
}

/** Measures a concern in a fresh process. */
function measureInChild(name: string): Promise<Samples> {
  return new Promise((resolve, reject) => {
    const child = fork(
      fileURLToPath(import.meta.url),
      ['--concern', name, ...(options.quick ? ['--quick'] : []), ...(options.cpu ? ['--cpu'] : [])],
      {
        stdio: ['ignore', 2, 2, 'ipc'],
      },
    );
    let samples: Samples | undefined;
    child.on('message', (message: readonly (readonly [string, readonly number[]])[]) => {
      samples = new Map(message);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      samples !== undefined && code === 0
        ? resolve(samples)
        : reject(new Error(`the benchmark ${name} exited with ${signal ?? code}`)),
    );
  });
}

async function measure({
  name,
  targets,
  processes = 1,
}: Concern): Promise<ReadonlyMap<string, Figure>> {
  const all: Samples[] = [];
  for (let done = 0; done < (options.quick ? 1 : processes); done++)
    all.push(await measureInChild(name));
  return new Map(
    targets.map(({ key, unit }) => [
      key,
      figure(
        all.flatMap((samples) => samples.get(key) ?? []),
        unit,
      ),
    ]),
  );
}

const format = (value: number): string => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3));

function line(target: Target, measured: Figure): string {
  const goal = 'highest' in target.goal ? `≤ ${target.goal.highest}` : `≥ ${target.goal.lowest}`;
  const verdict = options.quick ? '' : isMet(target, measured) ? 'met' : 'MISSED';
  const spread = `${format(measured.min)} – ${format(measured.max)}`;
  return [
    target.key.padEnd(17),
    format(measured.median).padStart(9),
    measured.unit.padEnd(8),
    spread.padEnd(20),
    goal.padEnd(9),
    verdict.padEnd(7),
    target.what,
  ].join(' ');
}

async function measureAll(): Promise<void> {
  const chosen = CONCERNS.filter(
    ({ targets }) =>
      options.only === '' || targets.some((target) => isSelected(target, options.only)),
  );
  if (chosen.length === 0)
    throw new Error(
      `no figure's key starts with ${options.only}; the keys are ${CONCERNS.flatMap(({ targets }) => targets.map(({ key }) => key)).join(', ')}`,
    );
  if (!options.json)
    console.log(
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}\n`,
    );
  const all: Record<string, Figure> = {};
  for (const concern of chosen) {
    const figures = await measure(concern);
    for (const target of concern.targets) {
      const measured = figures.get(target.key);
      if (measured === undefined) continue;
      all[target.key] = measured;
      if (!options.json) console.log(line(target, measured));
    }
  }
  if (options.json) console.log(JSON.stringify(all, null, 2));
}

if (options.help) {
  console.log(HELP);
} else if (options.concern !== undefined) {
  await measureInThisProcess(options.concern);
} else {
  await measureAll().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
