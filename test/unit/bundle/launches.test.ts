import { describe, expect, it } from 'vitest';
import { boot, logicOf, project, textOf } from './project.ts';

const DECLARATIONS = `
  import { component, PipelineDecorator, pipeline } from 'headrace';
  export const load = component({}, (url: string) => url);
  export const main = pipeline({ name: 'demo' }, async function main(url: string) { return load(url); });
`;

describe('statements that start a run', () => {
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
      'a call in a condition',
      `if (process.argv[1] === 'LAUNCH') await main('x'); else console.log('LAUNCH');`,
    ],
    ['a call in a condition on import.meta', `if (import.meta.url === 'LAUNCH') { main('x'); }`],
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
      'a function that calls another function',
      `const start = async () => main('LAUNCH');\nconst begin = () => start();\nvoid begin();`,
    ],
    [
      'a constant that later statements use',
      `const result = await main('LAUNCH');\nconst text = JSON.stringify(result);\nconsole.log('LAUNCH', text);`,
    ],
    [
      'a variable that later statements use',
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
      'a call with an argument of the process',
      `import { parseArgs } from 'node:util';\nconst { values } = parseArgs({ options: { url: { type: 'string' } } });\nawait main(values.url ?? 'LAUNCH');`,
    ],
  ])('no bundle contains a start of a run by %s', async (_, launch) => {
    const bundles = await project({ 'main.ts': `${DECLARATIONS}\n${launch}` }).bundle();
    for (const text of bundles.texts.values()) expect(text).not.toContain('LAUNCH');
    expect(await boot(bundles).main.fn('here')).toEqual({ call: 'load', args: ['here'] });
  });

  it('no bundle contains a start of a pipeline that another file declares', async () => {
    const bundles = await project({
      'main.ts': `import { main } from './pipeline.ts'; import * as all from './pipeline.ts'; main('LAUNCH'); all.main('LAUNCH'); console.log('kept');`,
      'pipeline.ts': DECLARATIONS,
    }).bundle();
    expect(logicOf(bundles)).not.toContain('LAUNCH');
    expect(logicOf(bundles)).toContain('kept');
    expect(bundles.code.id).toBe('pipeline.ts#main');
  });

  it('other statements at the top level stay in the bundles', async () => {
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
  it('the default queue is set in the logic, and not in the bundles of steps', async () => {
    const bundles = await project({
      'main.ts': `${DECLARATIONS}\nPipelineDecorator.setDefaultExecutionQueue('gpu');`,
    }).bundle();
    expect(boot(bundles).queue).toBe('gpu');
    expect(textOf(bundles, 'load')).not.toContain('gpu');
  });

  it('the chosen file may set the default queue of another file’s pipeline', async () => {
    const bundles = await project({
      'main.ts': `import { PipelineDecorator } from 'headrace'; export { main } from './pipeline.ts'; PipelineDecorator.setDefaultExecutionQueue('gpu');`,
      'pipeline.ts': DECLARATIONS,
    }).bundle();
    expect(boot(bundles).queue).toBe('gpu');
  });
});
