/**
 * Makes the golden histories of a release: run it once, with the release's version, when all else
 * is done.
 *
 *     npx tsx test/histories/make.ts 0.1.0
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compile } from '../../src/submit/compile.ts';
import { keep, keepKit } from './golden.ts';
import * as kit from './kit.ts';
import { outcomesOf, type Pipelines, World, type WorldState } from './recorded-engine.ts';
import type { Kind } from './records.ts';
import { STORIES, type Story } from './stories.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Of all messages, where a history is written down. */
const PLACES = [0.3, 0.6, 0.9];

/**
 * The pipelines of the fixture, with no place of this machine in them, and their bundles by key.
 */
async function compiled(): Promise<{
  readonly pipelines: Pipelines;
  readonly code: Readonly<Record<string, string>>;
}> {
  const pipelines: Record<string, Pipelines[string]> = {};
  const code: Record<string, string> = {};
  for (const name of ['features', 'map', 'stuck']) {
    const found = await compile({ file: here('./fixtures/pipelines.ts'), pipeline: name });
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

async function history(release: string, story: Story, kind: Kind): Promise<number> {
  const { pipelines, code } = await compiled();
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
  const given = Object.fromEntries(Object.entries(code).filter(([key]) => keys.has(key)));
  const options = { story, pipelines: own, kitAt: () => kit };
  const first = await World.begin(options, kind, given);
  await first.play();
  const messages = first.handled;
  const outcomes = await outcomesOf(first, kit, story);
  const last = await first.state();
  first.close();
  const states: WorldState[] = [];
  const second = await World.begin(options, kind, given);
  for (const place of PLACES) {
    await second.play(Math.floor(messages * place));
    states.push(await second.state());
  }
  second.close();
  return keep({
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
    entryPoints: [here('./kit.ts')],
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
if (existsSync(here(`./${release}`)) && !process.argv.includes('--force'))
  throw new Error(`the histories of ${release} are there: they do not change`);
for (const story of STORIES) {
  for (const kind of ['dynamodb', 'sqlite'] as const)
    console.log(`${story.name}, ${kind}: ${await history(release, story, kind)} bytes`);
}
console.log(`kit: ${keepKit(release, await kitBundle())} bytes`);
