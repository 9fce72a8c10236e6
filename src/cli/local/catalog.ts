/** The pipelines of this machine. */
import { versionDocument } from '../../api/documents.ts';
import { findHome } from '../../launch/home.ts';
import { toIsoTimeOrNull } from '../../model/iso-time.ts';
import type { PipelineName, PipelineSummary, Registry } from '../../ports/registry.ts';
import type { HomeOption } from '../option-types.ts';
import type { PipelineCatalog, VersionEntry } from '../pipeline-catalog.ts';
import { openRecords } from '../records.ts';

const PAGE = 1000;

export class LocalCatalog implements PipelineCatalog {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async pipelines(): Promise<readonly PipelineSummary[]> {
    const found: PipelineSummary[] = [];
    for (let after: PipelineName | undefined; ; ) {
      const page = await this.#registry.pipelines({ after, limit: PAGE });
      found.push(...page);
      after = page.at(-1);
      if (page.length < PAGE) return found;
    }
  }

  async versions(pipeline: PipelineName, limit: number): Promise<readonly VersionEntry[]> {
    return (await this.#registry.versions(pipeline, { limit })).map((each) => ({
      ...each,
      createdAt: toIsoTimeOrNull(each.createdAt),
    }));
  }

  async version(pipeline: PipelineName, version: string) {
    const found = await this.#registry.version(pipeline, version);
    return found === undefined ? undefined : versionDocument(pipeline, found);
  }
}

/** Passes the pipelines of the home to the action. @throws NotFoundError if there is no home */
export async function withLocalCatalog<T>(
  options: HomeOption | { readonly home?: string | undefined },
  action: (catalog: PipelineCatalog) => Promise<T>,
): Promise<T> {
  const records = await openRecords(findHome(options.home, process.cwd()));
  try {
    return await action(new LocalCatalog(records.registry));
  } finally {
    await records.close();
  }
}
