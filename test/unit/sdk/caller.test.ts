import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMemberAt } from '../../../src/sdk/caller.ts';
import { temporaryFolder } from '../../e2e/headrace.ts';

/** Whether the call of `pipeline` in the source is that of a member. */
async function isMember(source: string, file = 'pipeline.ts'): Promise<boolean> {
  const path = join(await temporaryFolder(), file);
  await writeFile(path, source);
  const before = source.slice(0, source.indexOf('pipeline(')).split('\n');
  return isMemberAt({
    file: path,
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
  });
}

describe('a pipeline of a plain program', () => {
  it.each([
    'export const one = pipeline({}, async () => 1);',
    'export const one: Pipeline = pipeline({}, async () => 1);',
    'export const one =\n  pipeline({}, async () => 1);',
    'const { a, b } = options;\nconst one = headrace.pipeline({}, async () => 1);',
    'export default pipeline({}, async () => 1);',
  ])('a constant of its own can be called by other pipelines: %j', async (source) => {
    expect(await isMember(source)).toBe(false);
  });

  it.each([
    'export const all = { one: pipeline({}, async () => 1) };',
    "export const all = {\n  a: 1,\n  'one': PipelineDecorator.pipeline({}, async () => 1),\n};",
    'export const all = [pipeline({}, async () => 1)];',
    'module.exports = pipeline({}, async () => 1);',
    'exports.one = headrace.pipeline({}, async () => 1);',
  ])('a member of an object, an array or of exports cannot be called: %j', async (source) => {
    expect(await isMember(source)).toBe(true);
  });

  it('no pipeline of a CommonJS file can be called by other pipelines', async () => {
    const source = 'const one = pipeline({}, async () => 1);';
    expect(await isMember(source, 'pipeline.cts')).toBe(true);
  });
});
