import { describe, expect, it } from 'vitest';
import { boot, logicOf, project, textOf } from './project.ts';

const DECLARATIONS = `
  import { component, PipelineDecorator, pipeline } from 'headrace';
  export const load = component({}, (url: string) => url);
  export const main = pipeline({ name: 'demo' }, async function main(url: string) { return load(url); });
`;

describe('what starts a run at the end of a file is in no bundle', () => {
  it.each([
    ['a call', `PipelineDecorator.runLocally(); main('LAUNCH');`],
    ['a call in debug mode', `PipelineDecorator.debugPipeline();\nmain('LAUNCH')`],
    ['an awaited call', `await main('LAUNCH');`],
    [
      'a call with then',
      `main('LAUNCH').then(console.log).catch((error) => { console.error('LAUNCH', error); });`,
    ],
    ['a call as an argument', `console.log(await main('LAUNCH'));`],
    [
      'a call that depends',
      `if (process.argv[1] === 'LAUNCH') await main('x'); else console.log('LAUNCH');`,
    ],
    ['a call that depends on import.meta', `if (import.meta.url === 'LAUNCH') { main('x'); }`],
    ['a call in a try', `try { await main('LAUNCH'); } catch (error) { process.exitCode = 1; }`],
    ['calls in a loop', `for (const url of ['LAUNCH']) await main(url);`],
    [
      'a function that is called at once',
      `(async () => { console.log('LAUNCH', await main('x')); })();`,
    ],
    [
      'a function that is called later',
      `async function start() { console.log('LAUNCH', await main('x')); }\nstart().catch(console.error);`,
    ],
    [
      'a function of a function',
      `const start = async () => main('LAUNCH');\nconst begin = () => start();\nvoid begin();`,
    ],
    [
      'a constant, and what uses it',
      `const result = await main('LAUNCH');\nconst text = JSON.stringify(result);\nconsole.log('LAUNCH', text);`,
    ],
    [
      'a variable, and what uses it',
      `let result: unknown;\nresult = await main('LAUNCH');\nconsole.log('LAUNCH', result);`,
    ],
    [
      'a property',
      `const state: { result?: unknown } = {};\nstate.result = await main('LAUNCH');\nexport { state };`,
    ],
    ['an exported constant', `export const result = await main('LAUNCH');`],
    ['a default export', `export default await main('LAUNCH');`],
    ['a call of an alias', `const again = main;\nagain('LAUNCH');`],
    ['a class', `class Program { run() { return main('LAUNCH'); } }\nnew Program().run();`],
    [
      'an argument of the process',
      `import { parseArgs } from 'node:util';\nconst { values } = parseArgs({ options: { url: { type: 'string' } } });\nawait main(values.url ?? 'LAUNCH');`,
    ],
  ])('%s', async (_, launch) => {
    const bundles = await project({ 'main.ts': `${DECLARATIONS}\n${launch}` }).bundle();
    for (const text of bundles.texts.values()) expect(text).not.toContain('LAUNCH');
    expect(await boot(bundles).main.fn('here')).toEqual({ call: 'load', args: ['here'] });
  });

  it('also where the pipeline is another file’s', async () => {
    const bundles = await project({
      'main.ts': `import { main } from './pipeline.ts'; import * as all from './pipeline.ts'; main('LAUNCH'); all.main('LAUNCH'); console.log('kept');`,
      'pipeline.ts': DECLARATIONS,
    }).bundle();
    expect(logicOf(bundles)).not.toContain('LAUNCH');
    expect(logicOf(bundles)).toContain('kept');
    expect(bundles.code.id).toBe('pipeline.ts#main');
  });

  it('but for it, what a file does at its top level stays', async () => {
    const bundles = await project({
      'main.ts': `${DECLARATIONS}
        (globalThis as any).seen = 1;
        export const helper = component({}, () => 1);
        (globalThis as any).registry = [main];
        main('LAUNCH');`,
    }).bundle();
    expect(logicOf(bundles)).toContain('seen');
    expect(logicOf(bundles)).toContain('registry');
    expect(textOf(bundles, 'load')).toContain('seen');
  });
});

describe('the default queue', () => {
  it('is set in the logic, and steps do not know of it', async () => {
    const bundles = await project({
      'main.ts': `${DECLARATIONS}\nPipelineDecorator.setDefaultExecutionQueue('gpu');`,
    }).bundle();
    expect(boot(bundles).queue).toBe('gpu');
    expect(textOf(bundles, 'load')).not.toContain('gpu');
  });

  it('may be set by the file that is run, though the pipeline is another’s', async () => {
    const bundles = await project({
      'main.ts': `import { PipelineDecorator } from 'headrace'; export { main } from './pipeline.ts'; PipelineDecorator.setDefaultExecutionQueue('gpu');`,
      'pipeline.ts': DECLARATIONS,
    }).bundle();
    expect(boot(bundles).queue).toBe('gpu');
  });
});
