/**
 * Makes the golden histories of a release. Run it once with the version of the release, as the last
 * step of the release.
 *
 *     npx tsx test/histories/make.ts 0.1.0
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compile } from '../../src/submit/compile.ts';
import { storeGolden, storeKit } from './golden.ts';
import * as kit from './kit.ts';
import { outcomesOf } from './outcomes.ts';
import { type EngineState, type Pipelines, RecordedEngine } from './recorded-engine.ts';
import type { RecordsKind } from './records.ts';
import { STORIES, type Story } from './stories.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** The shares of all messages after which a state is stored. */
const SNAPSHOT_SHARES = [0.3, 0.6, 0.9];

/** The pipelines of the fixture, without paths of this machine, and their bundles by key. */
async function compilePipelines(): Promise<{
  readonly pipelines: Pipelines;
  readonly code: Readonly<Record<string, string>>;
}> {
  const pipelines: Record<string, Pipelines[string]> = {};
  const code: Record<string, string> = {};
  for (const name of ['features', 'map', 'stuck']) {
    const found = await compile({ file: pathOf('./fixtures/pipelines.ts'), pipeline: name });
    const { declaration, defaultQueue } = found;
    pipelines[name] = {
      code: { ...found.code, projectRoot: '.' },
      declaration,
      defaultQueue,
      createdAt: 0,
    };
    for (const [key, text] of found.texts) code[key] = Buffer.from(text).toString('base64');
  }
  return { pipelines, code };
}

async function makeHistory(release: string, story: Story, kind: RecordsKind): Promise<number> {
  const { pipelines, code } = await compilePipelines();
  const used = new Set(
    story.phases.flatMap((phase) => (phase.kind === 'start' ? [phase.pipeline] : [])),
  );
  const own = Object.fromEntries(
    Object.entries(pipelines).filter(([name]) => [...used].some((each) => each === name)),
  );
  const keys = new Set(
    Object.values(own).flatMap(({ code: { logic, components } }) => [
      logic.key,
      ...components.map(({ bundle }) => bundle.key),
    ]),
  );
  const ownCode = Object.fromEntries(Object.entries(code).filter(([key]) => keys.has(key)));
  const options = { story, pipelines: own, kitAt: () => kit };
  const first = await RecordedEngine.create(options, kind, ownCode);
  await first.run();
  const messages = first.handled;
  const outcomes = await outcomesOf(first, kit, story);
  const last = await first.state();
  first.close();
  const states: EngineState[] = [];
  const second = await RecordedEngine.create(options, kind, ownCode);
  for (const share of SNAPSHOT_SHARES) {
    await second.run(Math.floor(messages * share));
    states.push(await second.state());
  }
  second.close();
  return storeGolden({
    release,
    story,
    kind,
    pipelines: own,
    messages,
    states: [...states, last],
    outcomes,
  });
}

async function kitBundle(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [pathOf('./kit.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['@aws-sdk/*'],
    minify: true,
    keepNames: true,
    legalComments: 'none',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

const [release = ''] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(release))
  throw new Error('name the release: npx tsx test/histories/make.ts 1.2.3');
if (existsSync(pathOf(`./${release}`)) && !process.argv.includes('--force'))
  throw new Error(`the histories of ${release} exist already and must not change`);
for (const story of STORIES) {
  for (const kind of ['dynamodb', 'sqlite'] as const)
    console.log(`${story.name}, ${kind}: ${await makeHistory(release, story, kind)} bytes`);
}
console.log(`kit: ${storeKit(release, await kitBundle())} bytes`);
