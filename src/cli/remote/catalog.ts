/** The pipelines of an API. */
import { allItems, type Client, listAll } from '../../client/client.ts';
import { ApiError } from '../../client/errors.ts';
import { connect } from '../../launch/remote/connection.ts';
import { MAX_API_PAGE_ITEMS } from '../../launch/remote/remote-source.ts';
import type { PipelineName, PipelineSummary } from '../../ports/registry.ts';
import type { VersionDocument } from '../../wire/pipelines.ts';
import type { TargetOptions } from '../option-types.ts';
import type { PipelineCatalog, VersionEntry } from '../pipeline-catalog.ts';

export class RemoteCatalog implements PipelineCatalog {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async pipelines(): Promise<readonly PipelineSummary[]> {
    return await listAll((cursor) =>
      this.#client.pipelines({ limit: MAX_API_PAGE_ITEMS, ...cursor }),
    );
  }

  async versions(
    { project, name: pipeline }: PipelineName,
    limit: number,
  ): Promise<readonly VersionEntry[]> {
    const pageLimit = Math.min(limit, MAX_API_PAGE_ITEMS);
    const found: VersionEntry[] = [];
    for await (const version of allItems((cursor) =>
      this.#client.versions({ project, pipeline, limit: pageLimit, ...cursor }),
    )) {
      found.push(version);
      if (found.length === limit) break;
    }
    return found;
  }

  async version(
    { project, name }: PipelineName,
    version: string,
  ): Promise<VersionDocument | undefined> {
    try {
      return await this.#client.version(version, { project, pipeline: name });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }
}

/** The pipelines of the API that the options choose. */
export const connectToCatalog = (options: TargetOptions): PipelineCatalog =>
  new RemoteCatalog(connect(options, process.cwd()).client);
