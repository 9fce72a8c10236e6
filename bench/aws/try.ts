import { client, start } from './world/pipelines.ts';
import { World } from './world/world.ts';

const n = Number(process.argv[3] ?? 10);
const shape = process.argv[2] === 'map' ? 'map' : 'chain';
const t0 = performance.now();
const world = new World({ workOf: () => ({ milliseconds: 1000 }) });
const begun = world.time.now;
const id = await start(shape, n);

const PROGRESS = setInterval(
  () =>
    console.log(
      't',
      (world.time.now - begun) / 1000,
      'waiting',
      world.transitions.size,
      world.delays.size,
      JSON.stringify(world.functions.invocations),
      Math.round(performance.now() - t0),
    ),
  5000,
);
await world.time.until(() => world.transitions.size === 0 && world.time.now > begun + 2_000_000);
clearInterval(PROGRESS);
const run = await client.run(id);
const s = world.ledger.statement();
world.close();
console.log(run.status, run.error, run.result, run.endedAt, run.startedAt, performance.now() - t0);
console.log(world.errors.slice(0, 3));
for (const l of [...s.lines].sort((a, b) => (a.service + a.action < b.service + b.action ? -1 : 1)))
  console.log(l.service.padEnd(14), l.action.padEnd(24), l.by.padEnd(12), String(l.count).padStart(7), (l.count / n).toFixed(3), JSON.stringify(l.units));
console.log('per 1000', (s.dollars / n) * 1000, 'WU', s.units('dynamodb.write') / n, 'RU', s.units('dynamodb.read') / n, world.transitions.handed);
