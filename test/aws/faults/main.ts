/**
 * Death at every call, and messages that go wrong, by hand: `npm run test:faults -- [--full | --kinds] [--seed n] [--cases n] [--only text] [--fault text] [--jobs n] [--calls | --messages]`.
 *
 * `--full`: each call with each fault; `--kinds`: each kind of call, whichever of its occurrences the seed draws; without, some of all. It prints how many calls there are, how many cases, and each that came to another end.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { bundle } from './bundles.ts';
import type { Case } from './cases.ts';
import { tellAll, Worker } from './pool.ts';
import { ofEachKind, share } from './share.ts';

const { values } = parseArgs({
  options: {
    kinds: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    /** Several, with a comma between them. */
    fault: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    verbose: { type: 'boolean', default: false },
    calls: { type: 'boolean', default: false },
    messages: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

const begun = performance.now();
bundle();
const lister = await Worker.start();
const all: Case[] = [];
for (const chapter of ['whole', 'held'] as const) {
  const { calls, messages, counts } = await lister.list(chapter);
  if (!values.messages) all.push(...calls);
  if (!values.calls) all.push(...messages);
  const targets = new Set(calls.map(({ target }) => `${target.label} #${target.occurrence}`));
  console.log(`${chapter}: ${targets.size} calls (${counts.cold} where functions begin, ${counts.warm} where they are warm), ${calls.length} cases of them`);
  console.log(`${chapter}: ${counts.messages} messages and events, ${messages.length} cases of them`);
  if (values.list) for (const { target, fault } of [...calls, ...messages]) console.log(`  ${target.label} #${target.occurrence} ${fault}`);
}
lister.stop();
const matching = all.filter(
  ({ target, fault }) => `${target.label} #${target.occurrence}`.includes(values.only) && (values.fault === '' || values.fault.split(',').includes(fault)),
);
const kinds = ofEachKind(matching, Number(values.seed));
console.log(`${kinds.length} cases of different kinds`);
const chosen = values.list ? [] : values.full ? matching : values.kinds ? kinds : share(matching, Number(values.seed), Number(values.cases));
let [told, missed, wrong] = [0, 0, 0];
await tellAll(chosen, Number(values.jobs), (one, { reached, wrongs, milliseconds }) => {
  told += 1;
  if (values.verbose) console.log(`${Math.round(milliseconds)} ms ${one.chapter}: ${one.target.label} #${one.target.occurrence} ${one.fault}`);
  if (!reached) missed += 1;
  if (wrongs.length > 0) {
    wrong += 1;
    console.log(`WRONG ${one.chapter}: ${one.target.label} #${one.target.occurrence} ${one.fault}${one.cold ? ' (cold)' : ''}\n  ${wrongs.join('\n  ')}`);
  }
  if (!reached) console.log(`not reached: ${one.chapter}: ${one.target.label} #${one.target.occurrence} ${one.fault}`);
  if (told % 100 === 0)
    console.log(
      `${told} of ${chosen.length} cases, ${wrong} wrong, ${Math.round((performance.now() - begun) / 1000)} s, the last took ${Math.round(milliseconds)} ms`,
    );
});
console.log(
  `${told} of ${all.length} cases told (seed ${values.seed}): ${wrong} came to another end, ${missed} were not reached; ${Math.round((performance.now() - begun) / 1000)} s`,
);
process.exitCode = wrong === 0 ? 0 : 1;
