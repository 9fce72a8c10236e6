/** The pipelines of an API. */
import { type Client, listAll } from '../../client/client.ts';
import { ApiError } from '../../client/errors.ts';
import { MAX_API_PAGE_ITEMS } from '../../launch/remote/remote-source.ts';
import type { PipelineName } from '../../ports/registry.ts';
import type { VersionDocument } from '../../wire/pipelines.ts';
import type { PipelineCatalog } from '../pipeline-catalog.ts';

export class RemoteCatalog implements PipelineCatalog {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async pipelines(project?: string): Promise<readonly PipelineName[]> {
    return await listAll((cursor) =>
      this.#client.pipelines({
        limit: MAX_API_PAGE_ITEMS,
        ...(project === undefined ? {} : { project }),
        ...cursor,
      }),
    );
  }

  async versions({ project, name }: PipelineName, limit: number): Promise<readonly string[]> {
    const page = await this.#client.versions({
      project,
      pipeline: name,
      limit: Math.min(limit, MAX_API_PAGE_ITEMS),
    });
    return page.items.map(({ version }) => version);
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
