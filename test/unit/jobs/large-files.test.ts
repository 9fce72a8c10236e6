import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startEngine, withRunner } from './harness.ts';

withRunner();

const SIZE = 500 * 1024 * 1024;
const LIMIT = 300 * 1024 * 1024;
/** Of the engine, which is in the process of the test runner and of the bundler. */
const GROWTH_LIMIT = 32 * 1024 * 1024;

/** An object with this symbol is an ArtifactFile. The step prints its peak memory when it exits. */
const PRELUDE = `
  process.on('exit', () => console.log('peak ' + process.resourceUsage().maxRSS * 1024));
  const artifactFile = (path) => ({ [Symbol.for('headrace.ArtifactFile')]: true, path });
`;

it('a file of 500 MB is stored and loaded within 300 MB of memory in the step and 32 MB more in the engine', {
  timeout: 120_000,
}, async () => {
  const engine = await startEngine();
  const { rss: before } = process.memoryUsage();
  const path = join(engine.home, 'large.bin');
  const file = await open(path, 'w');
  await file.truncate(SIZE);
  await file.close();

  const out = await engine.run(
    `${PRELUDE} export default () => artifactFile(${JSON.stringify(path)});`,
  );
  const [value] = out.outcome?.ok === true ? out.outcome.values : [];
  expect(value).toMatchObject({ format: 'file', size: SIZE });

  const into = await engine.run(
    `${PRELUDE} import { statSync } from 'node:fs'; export default (file) => statSync(file.path).size;`,
    {
      call: 1,
      args: { format: 'json', text: '[null]' },
      refs: [{ path: [0], value: value ?? null }],
    },
  );
  expect(into.outcome?.ok === true && into.outcome.values[0]).toEqual({
    format: 'json',
    text: String(SIZE),
  });

  const peaks = await Promise.all(
    [out, into].map(async (job) =>
      Number(/peak (\d+)/.exec(await readFile(engine.log(job), 'utf8'))?.[1]),
    ),
  );
  for (const peak of peaks) expect(peak).toBeLessThan(LIMIT);
  const growth = process.memoryUsage().rss - before;
  expect(growth).toBeLessThan(GROWTH_LIMIT);
  console.log(
    `peaks: step ${peaks.map((peak) => `${Math.round(peak / 2 ** 20)} MiB`).join(', ')}; growth of the engine ${Math.round(growth / 2 ** 20)} MiB`,
  );
});
