/**
 * The API against its own OpenAPI document: requests that keep to it and requests that break it,
 * made up by schemathesis, to a server started as a user starts it. No answer is a 5xx or one that
 * the document does not have, and a refused request leaves the records as they were.
 *
 * A minute; ten by hand:
 *
 *     HEADRACE_FUZZ_SECONDS=600 npx vitest run --project aws test/aws/api/schemathesis.test.ts
 *
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aServer, type Dev } from '../../e2e/dev.ts';
import { execute, temporaryFolder } from '../../e2e/headrace.ts';
import { installed } from '../harness/python.ts';
import { startWitness } from './witness.ts';

const VERSION = '4.32.5';
const SECONDS = Number(process.env.HEADRACE_FUZZ_SECONDS ?? 50);

/**
 * A cursor or a version is what the API gave, tags are more than blanks: what only has the form of
 * one is refused, though the document allows it.
 */
const NOT_CHECKED = 'positive_data_acceptance';

const SOURCE = `
import { component, pipeline } from 'headrace';
export const one = component({ cache: true }, (n: number) => n + 1);
export const main = pipeline({ name: 'main', project: 'tests', returnValue: 'answer' }, async (n = 1) => await one(n));
export const here = pipeline({ name: 'here', project: 'tests', pipelineExecutionQueue: null }, async (n = 1) => await one(n));
`;

/**
 * @param parameters values that are not made up @param words further options @returns refused
 *   requests of which nothing can be said, because runs moved
 */
async function expectConformity(
  { endpoint: server, home, token, running }: Pick<Dev, 'endpoint' | 'home' | 'token' | 'running'>,
  parameters: Readonly<Record<string, string | number>>,
  ...words: readonly string[]
): Promise<number> {
  const { python, packages } = await installed('schemathesis', VERSION, [
    `schemathesis==${VERSION}`,
  ]);
  const cwd = await temporaryFolder();
  const witness = await startWitness(server, home);
  onTestFinished(() => witness.stop());
  const { endpoint } = witness;
  const config = Object.entries(parameters).map(
    ([name, value]) => `${JSON.stringify(name)} = ${JSON.stringify(value)}\n`,
  );
  await writeFile(join(cwd, 'schemathesis.toml'), `[parameters]\n${config.join('')}`);
  const where = [
    'run',
    `${endpoint}/openapi.json`,
    '--url',
    endpoint,
    '--header',
    `Authorization: Bearer ${token}`,
  ];
  const how = [
    '--checks',
    'all',
    '--exclude-checks',
    NOT_CHECKED,
    '--seed',
    '1',
    '--no-color',
    '--max-examples',
    String(4 * SECONDS),
    '--max-time',
    String(SECONDS / 2),
  ];
  const { code, stdout, stderr } = await execute(
    python,
    ['-m', 'schemathesis.cli', ...where, ...how, ...words],
    { cwd, env: { PYTHONPATH: packages } },
  );
  // Made-up values may be very long.
  const said = `${stdout}${stderr}`
    .replaceAll(/\S{500,}/g, (long) => `${long.slice(0, 100)}…`)
    .slice(-10_000);
  expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
  expect(running.stderr(), 'an error of ours').not.toContain(' failed: ');
  expect(witness.guilty).toEqual([]);
  expect(witness.harmless()).toBeGreaterThan(10);
  const cases = /\d[\d,]* generated[^\n]*/.exec(stdout)?.[0] ?? '';
  console.log(
    `${cases === '' ? '' : `${cases}: `}${witness.harmless()} refused requests wrote nothing; ${witness.unjudged()} came while runs moved`,
  );
  return witness.unjudged();
}

describe('the API under generated requests', () => {
  const limit = { timeout: (SECONDS + 300) * 1000 };

  it('responses match the OpenAPI document and are never 5xx', limit, async () => {
    await expectConformity(await aServer({}), {});
  });

  it('responses about an existing run match the OpenAPI document', limit, async () => {
    const dev = await aServer({ 'main.ts': SOURCE });
    const { run } = await dev.project.json('run', 'main.ts', '--pipeline', 'main');
    const known = {
      'path.run': run.id,
      'path.call': 0,
      'path.version': '1.0.0',
      'query.project': 'tests',
      'query.pipeline': 'main',
    };
    await expectConformity(
      dev,
      known,
      '--exclude-operation-id',
      'removeRun',
      '--exclude-operation-id',
      'registerVersion',
    );
  });

  it('responses to an external evaluator match the OpenAPI document', limit, async () => {
    const dev = await aServer({ 'main.ts': SOURCE });
    const { run } = await dev.project.json('run', 'main.ts', '--pipeline', 'here');
    const { version } = await dev.client.run(run.id);
    // Nobody evaluates this one: whoever has its token may, until an answer ends it.
    const waiting = await dev.client.createRun({
      project: 'tests',
      pipeline: 'here',
      version,
      args: {},
      noCache: false,
      evaluator: 'caller',
    });
    const { token } = await dev.client.evaluatorToken(waiting.id);
    expect(
      await expectConformity(
        { ...dev, token },
        { 'path.run': waiting.id },
        '--include-path-regex',
        '^/evaluations/',
      ),
    ).toBeGreaterThan(10);
  });
});
