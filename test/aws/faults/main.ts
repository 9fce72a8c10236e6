/**
 * Death at every call, and messages that go wrong, by hand: `npm run test:faults [-- options]`.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { bundle } from './bundles.ts';
import type { Case } from './cases.ts';
import { DISTURBANCES, FAULTS, REDRIVEN } from './faults.ts';
import { tellAll, Worker } from './pool.ts';
import { ofEachKind, share } from './share.ts';

const HELP = `Tells a story of runs on a deployed Headrace again and again, each time with one thing going wrong: test/aws/faults/README.md.
It prints how many calls there are, how many cases, and each that came to another end: then it exits with 1.

usage: npm run test:faults [-- options]

  --kinds         each kind of call with each fault, at whichever of its occurrences the seed draws
  --full          each call with each fault, each message with each disturbance: hours. Default: some of all
  --cases <n>     how many are drawn of all (100)
  --seed <n>      which are drawn (1)
  --only <text>   those of calls and messages whose label has this text: --only batch:SubmitJob
  --fault <list>  those with these faults: --fault 'killed after,lost'
  --calls         those of calls alone
  --messages      those of messages alone
  --jobs <n>      processes at once (2)
  --list          print them, and tell none
  --verbose       print each case as it is told
  --help          print this`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    kinds: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    fault: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    verbose: { type: 'boolean', default: false },
    calls: { type: 'boolean', default: false },
    messages: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

const KNOWN: readonly string[] = [...FAULTS, ...DISTURBANCES, REDRIVEN];
const faults = values.fault === '' ? KNOWN : values.fault.split(',').map((fault) => fault.trim());
const unknown = faults.filter((fault) => !KNOWN.includes(fault));
const notNumbers = [values.cases, values.seed, values.jobs].filter((text) => !/^\d+$/.test(text));

if (values.help) console.log(HELP);
else if (unknown.length > 0)
  misused(`there is no fault ${unknown.join(', ')}: there are ${KNOWN.join(', ')}`);
else if (notNumbers.length > 0)
  misused(`${notNumbers.join(', ')}: --cases, --seed and --jobs are whole numbers`);
else await tell();

function misused(why: string): void {
  console.error(why);
  process.exitCode = 2;
}

async function tell(): Promise<void> {
  const begun = performance.now();
  bundle();
  const lister = await Worker.start();
  const all: Case[] = [];
  for (const chapter of ['whole', 'held'] as const) {
    const { calls, messages, counts } = await lister.list(chapter);
    if (!values.messages) all.push(...calls);
    if (!values.calls) all.push(...messages);
    const targets = new Set(calls.map(({ target }) => `${target.label} #${target.occurrence}`));
    console.log(
      `${chapter}: ${targets.size} calls (${counts.cold} where functions begin, ${counts.warm} where they are warm), ${calls.length} cases of them`,
    );
    console.log(
      `${chapter}: ${counts.messages} messages and events, ${messages.length} cases of them`,
    );
    if (values.list)
      for (const { target, fault } of [...calls, ...messages])
        console.log(`  ${target.label} #${target.occurrence} ${fault}`);
  }
  lister.stop();
  const matching = all.filter(
    ({ target, fault }) =>
      `${target.label} #${target.occurrence}`.includes(values.only) && faults.includes(fault),
  );
  const kinds = ofEachKind(matching, Number(values.seed));
  console.log(`${kinds.length} cases of different kinds`);
  const chosen = values.list
    ? []
    : values.full
      ? matching
      : values.kinds
        ? kinds
        : share(matching, Number(values.seed), Number(values.cases));
  let [told, missed, wrong] = [0, 0, 0];
  await tellAll(chosen, Number(values.jobs), (one, { reached, wrongs, milliseconds }) => {
    told += 1;
    if (values.verbose)
      console.log(
        `${Math.round(milliseconds)} ms ${one.chapter}: ${one.target.label} #${one.target.occurrence} ${one.fault}`,
      );
    if (!reached) missed += 1;
    if (wrongs.length > 0) {
      wrong += 1;
      console.log(
        `WRONG ${one.chapter}: ${one.target.label} #${one.target.occurrence} ${one.fault}${one.cold ? ' (cold)' : ''}\n  ${wrongs.join('\n  ')}`,
      );
    }
    if (!reached)
      console.log(
        `not reached: ${one.chapter}: ${one.target.label} #${one.target.occurrence} ${one.fault}`,
      );
    if (told % 100 === 0)
      console.log(
        `${told} of ${chosen.length} cases, ${wrong} wrong, ${Math.round((performance.now() - begun) / 1000)} s, the last took ${Math.round(milliseconds)} ms`,
      );
  });
  console.log(
    `${told} of ${all.length} cases told (seed ${values.seed}): ${wrong} came to another end, ${missed} were not reached; ${Math.round((performance.now() - begun) / 1000)} s`,
  );
  process.exitCode = wrong === 0 ? 0 : 1;
}
