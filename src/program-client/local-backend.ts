/**
 * The runs of a home. The engine is loaded when the first run starts.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { get } from '../cli/local/artifacts.ts';
import { logs } from '../cli/local/logs.ts';
import { openRecords } from '../cli/records.ts';
import { selectRun, selectSteps } from '../cli/select.ts';
import { NotFoundError } from '../launch/errors.ts';
import { homeTarget } from '../launch/home.ts';
import { type Engine, type HomeRecords, loadEngine } from '../launch/load-engine.ts';
import type { RunId } from '../model/ids.ts';
import { isTerminalRun, type Run } from '../model/run.ts';
import type { Value } from '../model/value.ts';
import { isStored } from '../model/value.ts';
import { collect, namedPages } from '../ports/pages.ts';
import { ProgramError } from '../sdk/errors.ts';
import { prepareRun } from '../submit/prepare.ts';
import { abandonedLine, isAbandoned } from '../view/next-action.ts';
import type { ReportSource } from '../view/run-report.ts';
import type { RunListItem } from '../view/view-models.ts';
import type { Backend, CompiledRequest, OutputValue } from './backend.ts';
import { textOf } from './text-output.ts';
import type { RunQuery } from './types.ts';

const POLL_MS = 200;
const PAGE_RUNS = 100;

export class LocalBackend implements Backend {
  readonly #home: string;
  #records: Promise<HomeRecords> | undefined;
  #engine: Promise<Engine> | undefined;
  /** The runs that this process executes. */
  readonly #started = new Set<RunId>();

  constructor(home: string) {
    this.#home = home;
  }

  async *runs({ project, pipeline, status }: Omit<RunQuery, 'limit'>): AsyncGenerator<RunListItem> {
    if (!existsSync(this.#home)) return;
    const { queries } = await this.#open();
    const filter = {
      ...(project === undefined ? {} : { project }),
      ...(pipeline === undefined ? {} : { pipeline }),
      ...(status === undefined ? {} : { status }),
      archived: false,
      limit: PAGE_RUNS,
    };
    for (let before: string | undefined; ; ) {
      const page: readonly Run[] = await queries.runs({
        ...filter,
        ...(before === undefined ? {} : { before }),
      });
      yield* page;
      before = page.at(-1)?.info.id;
      if (page.length < PAGE_RUNS || before === undefined) return;
    }
  }

  async find(name: string): Promise<RunId> {
    return (await selectRun(await this.#open(), name)).info.id;
  }

  async run(id: RunId): Promise<Run> {
    return await selectRun(await this.#open(), id);
  }

  async source(): Promise<ReportSource> {
    return await this.#open();
  }

  async outputs(run: RunId, step: string | undefined): Promise<readonly OutputValue[]> {
    const { queries, objects, ...records } = await this.#open();
    const [owner] =
      step === undefined
        ? [
            {
              artifacts: await collect(namedPages((page) => queries.runArtifacts(run, page))),
              models: await collect(namedPages((page) => queries.runModels(run, page))),
            },
          ]
        : await selectSteps({ ...records, queries }, run, step);
    const read = (value: Value) => async () => {
      if (!isStored(value)) throw new Error('an inline value has no object');
      return await objects.get(value.key, value.size);
    };
    const toOutput =
      (kind: OutputValue['kind']) =>
      ({ name, value, metadata }: OwnedOutput): OutputValue => ({
        name,
        kind,
        value,
        metadata: metadata ?? null,
        read: read(value),
      });
    return [
      ...(owner?.artifacts ?? []).map(toOutput('artifact')),
      ...(owner?.models ?? []).map(toOutput('model')),
    ];
  }

  async logs(run: RunId, step: string | undefined, attempt: number | undefined): Promise<string> {
    const options = {
      home: this.#home,
      ...(step === undefined ? {} : { step }),
      ...(attempt === undefined ? {} : { attempt }),
    };
    return await textOf((output) => logs(run, undefined, options, output));
  }

  async save(run: RunId, step: string | undefined, name: string, path: string): Promise<void> {
    await textOf((output) => get(run, { step, name }, { home: this.#home, output: path }, output));
  }

  async start({ compiled, args, noCache }: CompiledRequest): Promise<RunId> {
    this.#engine ??= loadEngine({ home: this.#home });
    const engine = await this.#engine;
    const info = await prepareRun(compiled, { args, noCache }, engine.store.registry);
    const { id } = (await engine.start(info, compiled.texts)).info;
    this.#started.add(id);
    return id;
  }

  async wait(id: RunId): Promise<void> {
    const engine = await this.#engine;
    if (engine !== undefined && this.#started.has(id)) {
      await engine.waitUntilFinished(id);
      return;
    }
    const { owners } = await this.#open();
    while (true) {
      const run = await this.run(id);
      if (isTerminalRun(run.head.status)) return;
      if (await isAbandoned(run, owners))
        throw new ProgramError(abandonedLine(run, homeTarget(this.#home)));
      await delay(POLL_MS);
    }
  }

  async close(): Promise<void> {
    await (await this.#engine)?.close();
    await (await this.#records?.catch(() => undefined))?.close();
    this.#engine = undefined;
    this.#records = undefined;
  }

  async #open(): Promise<HomeRecords> {
    if (!existsSync(this.#home))
      throw new NotFoundError(`there are no runs: the home ${this.#home} does not exist`);
    this.#records ??= openRecords(this.#home);
    return await this.#records;
  }
}

interface OwnedOutput {
  readonly name: string;
  readonly value: Value;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
