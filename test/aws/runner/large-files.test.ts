import { afterAll, beforeAll, expect, test } from 'vitest';
import { resultOf, startWorld, storedOrInline, type World } from './container-services.ts';
import { runProgram } from './program.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const SIZE = 500 * 2 ** 20;
const LIMIT_MIB = 300;

/**
 * The brand is all that makes an ArtifactFile. The step prints its greatest memory, and its
 * supervisor's, when it ends.
 */
const PRELUDE = `
  import { readFileSync } from 'node:fs';
  const peakOf = (pid) => Math.round(Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/' + pid + '/status', 'utf8'))[1]) / 1024);
  process.on('exit', () => console.log('peaks ' + peakOf('self') + ' ' + peakOf(process.ppid)));
`;

const peaksIn = (log: string): readonly number[] =>
  /peaks (\d+) (\d+)/.exec(log)?.slice(1).map(Number) ?? [];

test('a file of 500 MB goes to the store and back within 300 MiB', {
  timeout: 180_000,
}, async () => {
  const out = await world.submit({
    code: `${PRELUDE} import { truncateSync, writeFileSync } from 'node:fs';
      export default () => { writeFileSync('large.bin', ''); truncateSync('large.bin', ${SIZE}); return { [Symbol.for('headrace.ArtifactFile')]: true, path: 'large.bin' }; };`,
  });
  const written = await runProgram(out);
  const value = storedOrInline(await world.messages(out.job));
  expect(value).toMatchObject({ format: 'file', size: SIZE, name: 'large.bin' });

  const into = await world.submit({
    code: `${PRELUDE} import { statSync } from 'node:fs'; export default (file) => statSync(file.path).size;`,
    spec: { args: { format: 'json', text: '[null]' }, refs: [{ path: [0], value }] },
  });
  const read = await runProgram(into);
  expect(resultOf(await world.messages(into.job))).toBe(SIZE);

  for (const { log } of [written, read]) {
    const peaks = peaksIn(log);
    expect(peaks).toHaveLength(2);
    for (const peak of peaks) expect(peak).toBeLessThan(LIMIT_MIB);
  }
  console.log(
    `peaks (step and supervisor, MiB): out ${peaksIn(written.log).join(' + ')}, in ${peaksIn(read.log).join(' + ')}`,
  );
});
