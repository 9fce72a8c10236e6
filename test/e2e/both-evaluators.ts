/**
 * Evaluates the completed runs of a test again, with the deployed evaluator in the runtime of
 * Lambda, and compares its commands with those of the local evaluator and with the records.
 *
 * Every run of a home is compared that can be read, except very large ones and runs that were stopped
 * for their time or memory: the limits of the evaluators differ.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { expect } from 'vitest';
import { createLambdaEvaluator } from '../../src/aws/evaluator/lambda-evaluator.ts';
import { storedKeysIn } from '../../src/aws/evaluator/stored-values.ts';
import { createEvaluator } from '../../src/evaluator/index.ts';
import { readCommands } from '../../src/evaluator/read-commands.ts';
import { createFileObjects } from '../../src/local/file-objects.ts';
import { openStore, type Store } from '../../src/local/store/store.ts';
import { HeadraceError } from '../../src/model/headrace-error.ts';
import type { SignedCommand } from '../../src/model/history.ts';
import { isTerminalRun, type Run } from '../../src/model/run.ts';
import type { Evaluator, HistoryReader } from '../../src/ports/evaluator.ts';
import { collect, itemPages } from '../../src/ports/pages.ts';
import { listen } from '../../testing/http-server.ts';
import { startFunctions } from '../../testing/lambda/functions.ts';
import { asS3Objects, MemoryObjects } from '../conformance/memory-objects.ts';
import { withCountedCrashes } from '../unit/evaluator/logic.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/lambda/evaluator', import.meta.url));
const FUNCTION = 'headrace-evaluator';
const STOPPED = ['LogicTimeoutError', 'LogicMemoryError', 'EvaluatorThreadError'];
const MAX_RUNS = 1000;
/** Larger runs are not compared: that would take longer than the test. */
const MAX_COMMANDS = 5000;
const MAX_BYTES = Number.POSITIVE_INFINITY;
const PAGE_COMMANDS = 1000;

type Deployment = Awaited<ReturnType<typeof startDeployment>>;
let deployment: Promise<Deployment> | undefined;

/** The evaluator's function, and a store that it reads by URLs. */
async function startDeployment() {
  const objects = new MemoryObjects();
  const server = await listen(async (request, response) => {
    const key = decodeURIComponent((request.url ?? '/').slice(1));
    if (await objects.exists(key)) response.end(Buffer.from(await objects.get(key, MAX_BYTES)));
    else response.writeHead(404).end();
  });
  const functions = await startFunctions({
    functions: [{ name: FUNCTION, bundle: BUNDLE, timeoutMs: 45_000, memoryMiB: 1024 }],
    node: process.execPath,
  });
  const client = new LambdaClient({
    endpoint: functions.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'controller', secretAccessKey: 'secret' },
  });
  return {
    objects,
    client,
    s3: asS3Objects(objects, (key) => `http://${server.address}/${encodeURIComponent(key)}`),
    async stop() {
      client.destroy();
      await functions.stop();
      await server.close();
    },
  };
}

/** Stops what the comparisons of this process started. */
export async function stopComparison(): Promise<void> {
  await (await deployment)?.stop();
  deployment = undefined;
}

/** Compares the runs of all homes in this folder. */
export async function compareEvaluators(folder: string): Promise<void> {
  for (const home of homesIn(folder)) {
    const store = openReadable(home);
    if (store === undefined) continue;
    try {
      for (const run of await store.queries.runs({ limit: MAX_RUNS }))
        if (isComparable(run)) await compareRun(home, store, run);
    } finally {
      store.close();
    }
  }
}

const isComparable = ({ head: { status, error, commandCount } }: Run): boolean =>
  isTerminalRun(status) && commandCount <= MAX_COMMANDS && !STOPPED.includes(error?.name ?? '');

/** The folder, the folders in it, and their folders `.headrace`, as far as they are homes. */
function homesIn(folder: string): readonly string[] {
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
  return [folder, ...folders]
    .flatMap((each) => [each, join(each, '.headrace')])
    .filter((each, index, all) => all.indexOf(each) === index)
    .filter((each) => existsSync(join(each, 'headrace.db')));
}

/** The store of a home; undefined if the test damaged it, or if its runs cannot be listed. */
function openReadable(home: string): Store | undefined {
  try {
    return openStore(home);
  } catch (error) {
    if (error instanceof HeadraceError) return undefined;
    throw error;
  }
}

async function compareRun(home: string, { tasks }: Store, run: Run): Promise<void> {
  const { info, head } = run;
  deployment ??= startDeployment();
  const { objects, s3, client } = await deployment;
  const history = historyOf(run, tasks);
  const [events, signatures] = [
    await collect(history.events(0)),
    await collect(history.signatures(0)),
  ];
  const files = createFileObjects(home);
  const { key: code } = info.code.logic;
  for (const key of [code, ...storedKeysIn(events)])
    if (await files.exists(key)) await objects.put(key, await readFile(files.path(key)));
  // Its objects were removed.
  if (!(await objects.exists(code))) return;
  const local = createEvaluator({
    loadCode: async () => Buffer.from(await objects.get(code, MAX_BYTES)).toString(),
    fetchValue: ({ key }) => objects.get(key, MAX_BYTES),
  });
  const remote = createLambdaEvaluator({
    client,
    functionName: FUNCTION,
    isolation: 'function',
    objects: s3,
    tasks,
    readCommands,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const expected = await outcomeOf(local, run, tasks);
  const context = `run ${info.id} of ${info.pipeline} (${head.status})`;
  expect(await outcomeOf(withCountedCrashes(remote), run, tasks), `${context} in Lambda`).toEqual(
    expected,
  );
  if (Array.isArray(expected))
    expect(expected.map(({ signature }) => signature).slice(0, signatures.length), context).toEqual(
      signatures,
    );
}

/** All commands of a run, or the error of its logic. */
async function outcomeOf(
  evaluator: Evaluator,
  { info, head }: Run,
  tasks: Store['tasks'],
): Promise<readonly SignedCommand[] | { readonly broken: string }> {
  const commands: SignedCommand[] = [];
  for (let more = true; more; ) {
    const answer = await evaluator.evaluate({
      info,
      generation: head.generation,
      position: head.eventCount,
      fromCommand: commands.length,
      limit: PAGE_COMMANDS,
      history: historyOf({ info, head }, tasks),
    });
    if (answer.kind === 'broken') return { broken: answer.error.name };
    commands.push(...answer.commands);
    more = answer.more;
  }
  return commands;
}

const historyOf = ({ info, head }: Run, tasks: Store['tasks']): HistoryReader => ({
  events: (from) =>
    itemPages((at, limit) => tasks.events(info.id, at, limit), { from, end: head.eventCount }),
  signatures: (from) =>
    itemPages((at, limit) => tasks.signatures(info.id, at, limit), {
      from,
      end: head.commandCount,
    }),
});
