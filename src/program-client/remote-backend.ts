/**
 * The runs of an API: of a deployment, or of `headrace dev`.
 *
 * @module
 */
import { get } from '../cli/remote/artifacts.ts';
import { logs } from '../cli/remote/logs.ts';
import { connectToRun, selectRemoteSteps } from '../cli/remote/select.ts';
import { allItems, listAll } from '../client/client.ts';
import { type Connection, type ConnectionOptions, connect } from '../launch/remote/connection.ts';
import { remoteFeed } from '../launch/remote/remote-feed.ts';
import { MAX_API_PAGE_ITEMS, RemoteSource, toRunListItem } from '../launch/remote/remote-source.ts';
import { startRemoteRun } from '../launch/remote/start-run.ts';
import { watchRun } from '../launch/watch/watch-run.ts';
import { type RunId, runIdSchema } from '../model/ids.ts';
import { isStored } from '../model/value.ts';
import { ProgramError } from '../sdk/errors.ts';
import type { ReportSource } from '../view/run-report.ts';
import { silentView } from '../view/view.ts';
import type { RunListItem, RunViewModel } from '../view/view-models.ts';
import type { Backend, CompiledRequest, OutputValue } from './backend.ts';
import { textOf } from './text-output.ts';
import type { RunQuery } from './types.ts';

export class RemoteBackend implements Backend {
  readonly #options: ConnectionOptions;
  readonly #connection: Connection;

  /** @throws CommandLineError if no API is chosen */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#connection = connect(options, process.cwd());
  }

  async *runs(query: Omit<RunQuery, 'limit'>): AsyncGenerator<RunListItem> {
    for await (const run of allItems((cursor) =>
      this.#connection.client.runs({ ...query, limit: MAX_API_PAGE_ITEMS, ...cursor }),
    ))
      yield toRunListItem(run);
  }

  async find(name: string): Promise<RunId> {
    return runIdSchema.parse((await connectToRun(name, this.#options)).run.id);
  }

  async run(id: RunId): Promise<RunViewModel> {
    return await this.#newSource().run(id);
  }

  async source(): Promise<ReportSource> {
    return this.#newSource();
  }

  async outputs(run: RunId, step: string | undefined): Promise<readonly OutputValue[]> {
    const { client } = this.#connection;
    const source = this.#newSource();
    const [found] = step === undefined ? [] : await selectRemoteSteps(client, run, step);
    const page = { limit: MAX_API_PAGE_ITEMS };
    const owner =
      found === undefined
        ? {
            artifacts: await listAll((cursor) => client.runArtifacts(run, { ...page, ...cursor })),
            models: await listAll((cursor) => client.runModels(run, { ...page, ...cursor })),
          }
        : {
            artifacts: await listAll((cursor) =>
              client.stepArtifacts(run, found.call, { ...page, ...cursor }),
            ),
            models: await listAll((cursor) =>
              client.stepModels(run, found.call, { ...page, ...cursor }),
            ),
          };
    const toOutput =
      (kind: OutputValue['kind']) =>
      ({ name, content, metadata }: (typeof owner.artifacts | typeof owner.models)[number]) => {
        const value = source.toValue(content);
        const read = async () => {
          if (!isStored(value)) throw new Error('an inline value has no object');
          return await source.objects.get(value.key, value.size);
        };
        return { name, kind, value, metadata, read };
      };
    return [...owner.artifacts.map(toOutput('artifact')), ...owner.models.map(toOutput('model'))];
  }

  async logs(run: RunId, step: string | undefined, attempt: number | undefined): Promise<string> {
    const options = {
      ...this.#options,
      mode: 'remote',
      ...(step === undefined ? {} : { step }),
      ...(attempt === undefined ? {} : { attempt }),
    };
    return await textOf((output) => logs(run, undefined, options, output));
  }

  async save(run: RunId, step: string | undefined, name: string, path: string): Promise<void> {
    const options = { ...this.#options, mode: 'remote', output: path };
    await textOf((output) => get(run, { step, name }, options, output));
  }

  async start({ compiled, args, noCache }: CompiledRequest): Promise<RunId> {
    if (compiled.declaration.pipelineExecutionQueue === null)
      throw new ProgramError(
        `the logic of ${compiled.declaration.name} is evaluated by the process that starts it (pipelineExecutionQueue is null): call the pipeline, or start it with \`headrace run --mode remote\``,
      );
    const { id } = await startRemoteRun(this.#connection, { compiled, args, noCache });
    return runIdSchema.parse(id);
  }

  async wait(run: RunId): Promise<void> {
    await watchRun(remoteFeed(this.#connection.client, run), silentView, {
      until: new Promise(() => undefined),
      hintTarget: this.#connection.hintTarget,
    });
  }

  async close(): Promise<void> {
    // Each request has a connection of its own.
  }

  #newSource(): RemoteSource {
    return new RemoteSource(this.#connection.client, {
      metrics: true,
      hintTarget: this.#connection.hintTarget,
    });
  }
}
