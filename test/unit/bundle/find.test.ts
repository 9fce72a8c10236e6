import { describe, expect, it } from 'vitest';
import { findPipelines } from '../../../src/bundle/index.ts';
import { project } from './project.ts';

const find = (files: Record<string, string>, file = 'main.ts') =>
  findPipelines(project(files).path(file));
const PIPELINE = `import { pipeline } from 'headrace';\n\nexport const train = pipeline({ name: 'Training' }, async function trainAll() {});\n`;

describe('the pipelines of a file', () => {
  it('all pipelines of a file are found, in every form of export and without one', async () => {
    const found = await find({
      'main.ts': `import { PipelineDecorator, pipeline as p } from 'headrace';
        export const a = p({ name: 'A' }, async () => {});
        const b = PipelineDecorator.pipeline({}, async function named() {});
        export { b as c };
        const options = { name: 'D' };
        export default p(options, async () => {});
        export const group = { e: p({}, async () => {}) };
        const hidden = p({}, async () => {});`,
    });
    expect(found).toEqual([
      { exportName: 'a', name: 'A', file: 'main.ts', line: 2 },
      { exportName: 'c', name: 'named', file: 'main.ts', line: 3 },
      { exportName: 'default', name: 'D', file: 'main.ts', line: 6 },
      { exportName: 'group.e', name: 'e', file: 'main.ts', line: 7 },
      { exportName: null, name: 'hidden', file: 'main.ts', line: 8 },
    ]);
  });

  it('pipelines that a file re-exports or imports are found', async () => {
    const files = {
      'train.ts': PIPELINE,
      'all.ts': `export * from './train.ts';`,
      'more.ts': `export { train as again } from './all.ts';`,
      'run.ts': `import { train } from './all.ts'; train();`,
    };
    expect(await find(files, 'all.ts')).toEqual([
      { exportName: 'train', name: 'Training', file: 'train.ts', line: 3 },
    ]);
    expect(await find(files, 'more.ts')).toMatchObject([{ exportName: 'again' }]);
    expect(await find(files, 'run.ts')).toMatchObject([{ exportName: null, name: 'Training' }]);
  });

  it('a pipeline with several exports is found once', async () => {
    expect(
      await find({ 'main.ts': `${PIPELINE}export default train; export { train as other };` }),
    ).toMatchObject([{ exportName: 'train' }]);
  });

  it('a file may have no pipeline', async () => {
    expect(
      await find({ 'main.ts': 'export const x = 1; function pipeline() {} pipeline();' }),
    ).toEqual([]);
  });
});

describe('the choice of a pipeline', () => {
  it('a pipeline need not be chosen where the file exports one, runs one or has one', async () => {
    const choose = async (files: Record<string, string>, file?: string, pipeline?: string) =>
      (await project({ 'train.ts': PIPELINE, ...files }).bundle(file, pipeline)).code.id;
    expect(
      await choose({
        'main.ts': `import { pipeline } from 'headrace'; export const a = pipeline({}, async () => 1); const b = pipeline({}, async () => 2); b();`,
      }),
    ).toBe('main.ts#a');
    expect(
      await choose({
        'main.ts': `import { pipeline } from 'headrace'; const b = pipeline({}, async () => 2); b();`,
      }),
    ).toBe('main.ts#b');
    expect(await choose({ 'main.ts': `import { train } from './train.ts'; train();` })).toBe(
      'train.ts#train',
    );
    expect(
      await choose({
        'main.ts': `import { pipeline } from 'headrace'; export default pipeline({ name: 'x' }, async () => 2);`,
      }),
    ).toBe('main.ts#default');
  });

  it('a pipeline is chosen by the name of its export, constant or function, or by its own name', async () => {
    const sample = project({
      'main.ts': `import { pipeline } from 'headrace';
        const constant = pipeline({ name: 'Named' }, async function fn() {});
        export { constant as exported };
        export const other = pipeline({ name: 'exported too' }, async () => {});`,
    });
    for (const name of ['exported', 'constant', 'fn', 'Named'])
      expect((await sample.bundle('main.ts', name)).code.id).toBe('main.ts#constant');
  });
});
