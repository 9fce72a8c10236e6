/**
 * The registry of pipelines and versions in memory.
 *
 * @module
 */
import { MAX_VERSION_NUMBER } from '../../src/model/ids.ts';
import {
  compareVersions,
  NoPatchVersionLeftError,
  type PipelineName,
  type PipelineSummary,
  type PipelineVersion,
  type Registry,
  searchPatch,
  type VersionContent,
  VersionTakenError,
} from '../../src/ports/registry.ts';
import { frozen } from './frozen.ts';

interface RegisteredPipeline extends PipelineName {
  readonly versions: Map<string, PipelineVersion>;
}

export class MemoryRegistry implements Registry {
  readonly #pipelines = new Map<string, RegisteredPipeline>();

  async register(
    { project, name }: PipelineName,
    version: string,
    codeHash: string,
    bump: boolean,
    content?: VersionContent,
  ): Promise<string> {
    const key = JSON.stringify([project, name]);
    const known = this.#pipelines.get(key) ?? { project, name, versions: new Map() };
    const candidate = bump ? candidateVersion(known, version, codeHash) : version;
    const existing = known.versions.get(candidate);
    if (existing !== undefined && existing.codeHash !== codeHash)
      throw new VersionTakenError(name, version);
    const stored = content ?? existing?.content ?? null;
    known.versions.set(
      candidate,
      frozen({
        version: candidate,
        codeHash,
        createdAt: stored?.createdAt ?? null,
        content: stored,
      }),
    );
    this.#pipelines.set(key, known);
    return candidate;
  }

  async version(
    { project, name }: PipelineName,
    version: string,
  ): Promise<PipelineVersion | undefined> {
    return this.#pipelines.get(JSON.stringify([project, name]))?.versions.get(version);
  }

  async versions(
    { project, name }: PipelineName,
    { before, limit }: { readonly before?: string | undefined; readonly limit: number },
  ) {
    return [...(this.#pipelines.get(JSON.stringify([project, name]))?.versions.values() ?? [])]
      .map(({ version, codeHash, createdAt }) => ({ version, codeHash, createdAt }))
      .filter(({ version }) => before === undefined || compareVersions(version, before) < 0)
      .sort((a, b) => compareVersions(b.version, a.version))
      .slice(0, limit);
  }

  async pipelines({
    project,
    after,
    limit,
  }: Parameters<Registry['pipelines']>[0]): Promise<readonly PipelineSummary[]> {
    return [...this.#pipelines.values()]
      .filter(
        (each) =>
          (project === undefined || each.project === project) &&
          (after === undefined || order(each, after) > 0),
      )
      .sort(order)
      .slice(0, limit)
      .map(({ project: inProject, name, versions }) => ({
        project: inProject,
        name,
        latest: [...versions.keys()].reduce((highest, version) =>
          compareVersions(version, highest) > 0 ? version : highest,
        ),
      }));
  }
}

function candidateVersion(
  { name, versions }: RegisteredPipeline,
  version: string,
  codeHash: string,
): string {
  const [major = 0, minor = 0, first = 0] = version.split('.').map(Number);
  const registered = [...versions.values()]
    .filter((each) => each.version.startsWith(`${major}.${minor}.`))
    .map((each) => ({ patch: Number(each.version.split('.')[2]), codeHash: each.codeHash }))
    .sort((a, b) => a.patch - b.patch);
  const { patch } = searchPatch(registered, first, codeHash);
  if (patch > MAX_VERSION_NUMBER) throw new NoPatchVersionLeftError(name, version);
  return `${major}.${minor}.${patch}`;
}

const order = (a: PipelineName, b: PipelineName): number =>
  compare(a.project, b.project) || compare(a.name, b.name);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
