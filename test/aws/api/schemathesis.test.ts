/**
 * Tests the API against its own OpenAPI document. Schemathesis generates requests that conform to
 * the document and requests that violate it, and sends them to a server that is started as a user
 * starts it. No response is a 5xx or missing in the document, and a rejected request changes no
 * records.
 *
 * It takes a minute by default. For ten minutes:
 *
 *     HEADRACE_FUZZ_SECONDS=600 npx vitest run --project aws test/aws/api/schemathesis.test.ts
 *
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { aServer, type Dev } from '../../e2e/dev.ts';
import { execute, temporaryFolder } from '../../e2e/headrace.ts';
import { installWithPip } from '../harness/python.ts';
import { startWriteDetector } from './write-detector.ts';

const VERSION = '4.32.5';
const FUZZ_SECONDS = Number(process.env.HEADRACE_FUZZ_SECONDS ?? 50);

/**
 * The document allows more than the API accepts: a cursor or a version must be one that the API
 * returned, and a tag must not be blank.
 */
const EXCLUDED_CHECK = 'positive_data_acceptance';

/** They require another token before anything else, even before a method that exists. */
const WITHOUT_EVALUATIONS = ['--exclude-path-regex', '^/evaluations/'];

const TERMINAL: readonly string[] = ['completed', 'failed', 'aborted'];

const SOURCE = `
import { component, pipeline } from 'headrace';
export const one = component({ cache: true }, (n: number) => n + 1);
export const main = pipeline({ name: 'main', project: 'tests', returnValue: 'answer' }, async (n = 1) => await one(n));
export const external = pipeline({ name: 'external', project: 'tests', pipelineExecutionQueue: null }, async (n = 1) => await one(n));
`;

/**
 * Runs schemathesis and expects no violation.
 *
 * @param parameters values that are not generated
 * @param options further options of schemathesis
 * @returns the numbers of rejected requests: `unchanged` wrote nothing; `undecided` arrived while a
 *   run was active, so that a write may be the run's own
 */
async function expectConformity(
  { endpoint: server, home, token, running }: Pick<Dev, 'endpoint' | 'home' | 'token' | 'running'>,
  parameters: Readonly<Record<string, string | number>>,
  ...options: readonly string[]
): Promise<{ readonly unchanged: number; readonly undecided: number }> {
  const { python, packages } = await installWithPip('schemathesis', VERSION, [
    `schemathesis==${VERSION}`,
  ]);
  const cwd = await temporaryFolder();
  const detector = await startWriteDetector(server, home);
  onTestFinished(() => detector.stop());
  const { endpoint } = detector;
  const config = Object.entries(parameters).map(
    ([name, value]) => `${JSON.stringify(name)} = ${JSON.stringify(value)}\n`,
  );
  await writeFile(join(cwd, 'schemathesis.toml'), `[parameters]\n${config.join('')}`);
  const target = [
    'run',
    `${endpoint}/openapi.json`,
    '--url',
    endpoint,
    '--header',
    `Authorization: Bearer ${token}`,
  ];
  const checks = [
    '--checks',
    'all',
    '--exclude-checks',
    EXCLUDED_CHECK,
    '--seed',
    '1',
    '--no-color',
    '--max-examples',
    String(4 * FUZZ_SECONDS),
    '--max-time',
    String(FUZZ_SECONDS / 2),
    // A busy machine is slow to generate data and to answer. Neither violates the document.
    '--suppress-health-check',
    'too_slow',
    '--request-timeout',
    '60',
  ];
  const { code, stdout, stderr } = await execute(
    python,
    ['-m', 'schemathesis.cli', ...target, ...checks, ...options],
    { cwd, env: { PYTHONPATH: packages } },
  );
  // Generated values may be very long.
  const output = `${stdout}${stderr}`
    .replaceAll(/\S{500,}/g, (long) => `${long.slice(0, 100)}…`)
    .slice(-10_000);
  if (code !== 0) throw new Error(`schemathesis exited with ${code}:\n${output}`);
  expect(running.stderr(), 'the server logs no unexpected error').not.toContain(' failed: ');
  expect(detector.violations.join('\n')).toBe('');
  const rejected = { unchanged: detector.unchanged(), undecided: detector.undecided() };
  const cases = /\d[\d,]* generated[^\n]*/.exec(stdout)?.[0] ?? '';
  console.log(
    `${cases === '' ? '' : `${cases}: `}${rejected.unchanged} rejected requests wrote nothing; ${rejected.undecided} arrived while a run was active`,
  );
  return rejected;
}

describe('the API under generated requests', () => {
  const options = { timeout: (FUZZ_SECONDS + 300) * 1000 };

  it('responses match the OpenAPI document and are never 5xx', options, async () => {
    const { unchanged } = await expectConformity(await aServer({}), {}, ...WITHOUT_EVALUATIONS);
    expect(unchanged).toBeGreaterThan(10);
  });

  it('responses about an existing run match the OpenAPI document', options, async () => {
    const dev = await aServer({ 'main.ts': SOURCE });
    const { run } = await dev.project.json('run', 'main.ts', '--pipeline', 'main');
    const known = {
      'path.run': run.id,
      'path.call': 0,
      'path.version': '1.0.0',
      'query.project': 'tests',
      'query.pipeline': 'main',
    };
    const { unchanged } = await expectConformity(
      dev,
      known,
      ...WITHOUT_EVALUATIONS,
      '--exclude-operation-id',
      'removeRun',
      '--exclude-operation-id',
      'registerVersion',
    );
    expect(unchanged).toBeGreaterThan(10);
  });

  it('responses to an external evaluator match the OpenAPI document', options, async () => {
    const dev = await aServer({ 'main.ts': SOURCE });
    const { run } = await dev.project.json('run', 'main.ts', '--pipeline', 'external');
    const { version } = await dev.client.run(run.id);
    // No process evaluates this run: any holder of its token may, until an answer ends it.
    const { id } = await dev.client.createRun({
      project: 'tests',
      pipeline: 'external',
      version,
      args: {},
      noCache: false,
      evaluator: 'caller',
    });
    const { token } = await dev.client.evaluatorToken(id);
    const fuzz = () =>
      expectConformity(
        { ...dev, token },
        { 'path.run': id },
        '--include-path-regex',
        '^/evaluations/',
      );
    const whileActive = await fuzz();
    expect(whileActive.undecided + whileActive.unchanged).toBeGreaterThan(10);
    const status = async () => (await dev.client.run(id)).status;
    if (!TERMINAL.includes(await status())) await dev.client.abort(id, 'the fuzzing is over');
    await vi.waitFor(async () => expect(TERMINAL).toContain(await status()), { timeout: 30_000 });
    expect((await fuzz()).unchanged).toBeGreaterThan(10);
  });
});
