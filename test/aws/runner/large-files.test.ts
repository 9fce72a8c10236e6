import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ContainerServices,
  resultOf,
  startContainerServices,
  storedOrInline,
} from './container-services.ts';
import { runProgram } from './program.ts';

let services: ContainerServices;
beforeAll(async () => {
  services = await startContainerServices();
});
afterAll(() => services?.stop());

const FILE_BYTES = 500 * 2 ** 20;
const MAX_PEAK_MIB = 300;

/**
 * The start of each step's code. When the step exits, it prints its peak memory and that of its
 * supervisor. The code needs no SDK: an ArtifactFile is recognized by its brand alone.
 */
const PRELUDE = `
  import { readFileSync } from 'node:fs';
  const peakOf = (pid) => Math.round(Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/' + pid + '/status', 'utf8'))[1]) / 1024);
  process.on('exit', () => console.log('peaks ' + peakOf('self') + ' ' + peakOf(process.ppid)));
`;

const peaksIn = (log: string): readonly number[] =>
  /peaks (\d+) (\d+)/.exec(log)?.slice(1).map(Number) ?? [];

test('a file of 500 MiB is written and read with less than 300 MiB of memory', {
  timeout: 180_000,
}, async () => {
  const writer = await services.submit({
    code: `${PRELUDE} import { truncateSync, writeFileSync } from 'node:fs';
      export default () => { writeFileSync('large.bin', ''); truncateSync('large.bin', ${FILE_BYTES}); return { [Symbol.for('headrace.ArtifactFile')]: true, path: 'large.bin' }; };`,
  });
  const written = await runProgram(writer);
  const value = storedOrInline(await services.messages(writer.job));
  expect(value).toMatchObject({ format: 'file', size: FILE_BYTES, name: 'large.bin' });

  const reader = await services.submit({
    code: `${PRELUDE} import { statSync } from 'node:fs'; export default (file) => statSync(file.path).size;`,
    spec: { args: { format: 'json', text: '[null]' }, refs: [{ path: [0], value }] },
  });
  const read = await runProgram(reader);
  expect(resultOf(await services.messages(reader.job))).toBe(FILE_BYTES);

  for (const { log } of [written, read]) {
    const peaks = peaksIn(log);
    expect(peaks).toHaveLength(2);
    for (const peak of peaks) expect(peak).toBeLessThan(MAX_PEAK_MIB);
  }
  console.log(
    `peak memory (step + supervisor, MiB): write ${peaksIn(written.log).join(' + ')}, read ${peaksIn(read.log).join(' + ')}`,
  );
});
