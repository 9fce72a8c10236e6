/**
 * Runs fault cases from the command line: `npm run test:faults [-- options]`.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { bundle } from './bundles.ts';
import type { Case } from './cases.ts';
import { DISTURBANCES, FAULTS, REDRIVEN } from './faults.ts';
import { runAll, Worker } from './pool.ts';
import { ofEachKind, share } from './share.ts';

const HELP = `Runs a scenario on a deployed Headrace once per fault case: test/aws/faults/README.md.
Prints the numbers of calls and of cases, and each case with another result; exits with 1 if there is one.

usage: npm run test:faults [-- options]

  --kinds         each kind of call with each fault, at an occurrence that the seed draws
  --full          each call with each fault, each message with each disturbance: hours. Default: a sample
  --cases <n>     size of the sample (100)
  --seed <n>      seed of the sample (1)
  --only <text>   only calls and messages whose label contains this text: --only batch:SubmitJob
  --fault <list>  only these faults: --fault 'killed after,lost'
  --calls         only cases of calls
  --messages      only cases of messages
  --jobs <n>      number of parallel processes (2)
  --list          prints the cases and runs none
  --verbose       prints each case when it has run
  --help          prints this text`;

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
else await main();

function misused(reason: string): void {
  console.error(reason);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  bundle();
  const lister = await Worker.start();
  const all: Case[] = [];
  for (const scenario of ['whole', 'held'] as const) {
    const { calls, messages, counts } = await lister.list(scenario);
    if (!values.messages) all.push(...calls);
    if (!values.calls) all.push(...messages);
    const targets = new Set(calls.map(({ target }) => `${target.label} #${target.occurrence}`));
    console.log(
      `${scenario}: ${targets.size} calls (${counts.cold} of cold functions, ${counts.warm} of warm ones), ${calls.length} cases of them`,
    );
    console.log(
      `${scenario}: ${counts.messages} messages and events, ${messages.length} cases of them`,
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
  let [completed, missed, failed] = [0, 0, 0];
  await runAll(chosen, Number(values.jobs), (one, { reached, problems, durationMs }) => {
    completed += 1;
    if (values.verbose)
      console.log(
        `${Math.round(durationMs)} ms ${one.scenario}: ${one.target.label} #${one.target.occurrence} ${one.fault}`,
      );
    if (!reached) missed += 1;
    if (problems.length > 0) {
      failed += 1;
      console.log(
        `FAILED ${one.scenario}: ${one.target.label} #${one.target.occurrence} ${one.fault}${one.cold ? ' (cold)' : ''}\n  ${problems.join('\n  ')}`,
      );
    }
    if (!reached)
      console.log(
        `not reached: ${one.scenario}: ${one.target.label} #${one.target.occurrence} ${one.fault}`,
      );
    if (completed % 100 === 0)
      console.log(
        `${completed} of ${chosen.length} cases, ${failed} failed, ${Math.round((performance.now() - startedAt) / 1000)} s, the last took ${Math.round(durationMs)} ms`,
      );
  });
  console.log(
    `${completed} of ${all.length} cases ran (seed ${values.seed}): ${failed} had another result, ${missed} did not reach their call; ${Math.round((performance.now() - startedAt) / 1000)} s`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}
