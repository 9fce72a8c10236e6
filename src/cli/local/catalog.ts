/** The pipelines of this machine. */
import { versionDocument } from '../../api/documents.ts';
import type { PipelineName, Registry } from '../../ports/registry.ts';
import type { PipelineCatalog } from '../pipeline-catalog.ts';

const PAGE = 1000;

export class LocalCatalog implements PipelineCatalog {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async pipelines(project?: string): Promise<readonly PipelineName[]> {
    const found: PipelineName[] = [];
    for (let after: PipelineName | undefined; ; ) {
      const page = await this.#registry.pipelines({ project, after, limit: PAGE });
      found.push(...page);
      after = page.at(-1);
      if (page.length < PAGE) return found;
    }
  }

  async versions(pipeline: PipelineName, limit: number): Promise<readonly string[]> {
    return (await this.#registry.versions(pipeline, { limit })).map(({ version }) => version);
  }

  async version(pipeline: PipelineName, version: string) {
    const found = await this.#registry.version(pipeline, version);
    return found === undefined ? undefined : versionDocument(pipeline, found);
  }
}
