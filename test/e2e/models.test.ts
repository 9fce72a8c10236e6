import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { expectModelsAreUsed, MODEL_FILES } from '../modes/models-scenario.ts';
import { aProject, type Project } from './cli.ts';
import { aServer } from './dev.ts';

vi.setConfig({ testTimeout: 180_000 });

const SOURCE = `
  import { writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  import { component, currentStep, pipeline } from 'headrace';
  const train = component({}, async (lr: number) => {
    const step = currentStep();
    const file = join(step.temporaryDirectory, 'weights.bin');
    writeFileSync(file, 'weights for ' + lr);
    step.logger.reportScalar('accuracy', 'test', 1 - lr, 0);
    await step.uploadModel('model', file, { framework: 'onnx', metadata: { lr } });
    return lr;
  });
  export const main = pipeline({ name: 'iris', project: 'flowers' }, async () => {
    return await Promise.all([train(0.1), train(0.2)]);
  });`;

const FILES = { 'main.ts': SOURCE };

const MODES: Readonly<Record<string, () => Promise<Project>>> = {
  'on this machine': () => aProject(FILES),
  'behind headrace dev': async () => (await aServer(FILES)).project,
};

async function succeeded(project: Project, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.cli(...args);
  expect({ args, code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

describe.each(Object.keys(MODES))('registered models %s', (mode) => {
  it('a published model is fetched after its run is removed, by the command that was printed', async () => {
    const project = (await MODES[mode]?.()) ?? (await aProject(FILES));
    await succeeded(project, 'run', 'main.ts');
    const ambiguous = await project.cli('models', 'publish', 'latest', 'model');
    expect(ambiguous).toMatchObject({ code: 2 });
    expect(ambiguous.stderr).toContain('choose one with --step, as in --step train');
    const published = await succeeded(
      project,
      ...['models', 'publish', 'latest', 'model', '--step', 'train_1', '--name', 'iris'],
      ...['--tag', 'best'],
    );
    const [, command = ''] = /`(?:npx )?headrace ([^`]*)`/.exec(published) ?? [];
    expect(command).toMatch(/^models get flowers\/iris@1 -o weights\.bin( --endpoint \S+)?$/);
    const shown = await succeeded(project, 'models', 'show', 'iris');
    for (const text of ['iris#1', 'train_1, attempt 1', 'lr=0.2', 'onnx', 'accuracy/test 0.8'])
      expect(shown).toContain(text);
    const removed = await succeeded(project, 'runs', 'remove', 'latest');
    if (mode === 'on this machine') {
      expect(removed).toContain('headrace models list`');
      await succeeded(project, 'gc', '--older-than', '0s');
    }
    expect(await succeeded(project, 'models', 'list')).toMatch(/flowers +iris +1 +1/);
    await succeeded(project, ...command.split(' '));
    expect(await readFile(join(project.folder, 'weights.bin'), 'utf8')).toBe('weights for 0.2');
    await succeeded(project, 'models', 'tag', 'iris', '--add', 'champion', '--remove', 'best');
    const [version] = JSON.parse(await succeeded(project, 'models', 'list', 'iris', '--json'));
    expect(version).toMatchObject({ version: 1, tags: ['champion'], metadata: { lr: 0.2 } });
    await succeeded(project, 'models', 'unpublish', 'iris');
    const missing = await project.cli('models', 'get', 'iris', '-o', 'again.bin');
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('no version of model iris is published');
    await succeeded(project, 'models', 'publish', 'iris@1');
    expect(await succeeded(project, 'models', 'get', 'iris')).toBe('weights for 0.2');
  });

  it('a pipeline uses published models, and keeps those that it used', async () => {
    const project = (await MODES[mode]?.()) ?? (await aProject(FILES));
    for (const [file, text] of Object.entries(MODEL_FILES)) await project.write(file, text);
    await expectModelsAreUsed(project);
    if (mode !== 'on this machine') return;
    const { run } = await project.json('run', 'predict.ts', '--mode', 'debug');
    expect(run.result).toEqual(['iris 1 weights.bin weights for 0.1', 15, { lr: 0.1 }]);
    expect(run.steps[0]?.usedModel).toEqual({ project: 'flowers', name: 'iris', version: 1 });
  });

  it('a model that does not exist is refused with what exists', async () => {
    const project = (await MODES[mode]?.()) ?? (await aProject(FILES));
    await succeeded(project, 'run', 'main.ts');
    const refused = async (...args: readonly string[]) => {
      const { code, stderr } = await project.cli('models', ...args);
      expect({ args, code }).toEqual({ args, code: 2 });
      return stderr;
    };
    expect(await refused('publish', 'latest', 'wheights')).toContain('train.model, train_1.model');
    expect(await refused('publish', 'latest')).toContain('choose one with --step');
    expect(await refused('show', 'iris')).toContain('models publish RUN MODEL');
    expect(await refused('show', 'iris@newest')).toContain('"published" or "latest"');
    expect(await succeeded(project, 'models', 'list')).toContain('no registered models');
  });
});
